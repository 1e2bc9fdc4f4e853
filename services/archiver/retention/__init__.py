"""Deletes what is old or too much, oldest event first; never an open or a kept one."""

from services.archiver.retention.keeps import Keeps
from services.archiver.retention.opening import open_sweeper
from services.archiver.retention.sizes import Sizes
from services.archiver.retention.sweeper import Sweeper

__all__ = ["Keeps", "Sizes", "Sweeper", "open_sweeper"]
