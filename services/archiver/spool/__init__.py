"""The spool: frames on the local disk while the store is away, fsynced before they are acknowledged."""

from services.archiver.spool.records import Record
from services.archiver.spool.room import Room
from services.archiver.spool.segments import Segment
from services.archiver.spool.spool import Event, Spool
from services.archiver.spool.unusable import SpoolUnusable
from services.archiver.spool.waiting import Waiting

__all__ = ["Event", "Record", "Room", "Segment", "Spool", "SpoolUnusable", "Waiting"]
