"""Files that a power cut leaves whole or not at all."""

import errno
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from services.store.checks import UNFINISHED

_LEFT_BEHIND_S = 3600.0  # an unfinished file this old is from before a power cut


def write_file(path: Path, data: bytes) -> None:
    """Returns when `path` holds `data` for good; a reader sees the old bytes or the new, nothing between.

    Written and synced under a passing name in the same folder, then renamed, and the folder synced.
    """
    unfinished = path.with_name(f"{UNFINISHED}{secrets.token_hex(8)}")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise
    _sync(path.parent)


def make_folders(folder: Path, root: Path) -> None:
    """Makes the folders from below `root` down to `folder`, each for good."""
    if folder == root:
        return
    make_folders(folder.parent, root)
    with suppress(FileExistsError):
        folder.mkdir()
    _sync(folder.parent)


def remove_empty(folder: Path, root: Path) -> None:
    """Removes `folder` and those above it, up to but not `root`, as far as nothing is in them."""
    with suppress(OSError):  # the first one with something in it ends it
        while folder != root:
            _sweep(folder)
            folder.rmdir()
            folder = folder.parent


def _sweep(folder: Path) -> None:
    for path in folder.glob(f"{UNFINISHED}*"):
        if time.time() - path.stat().st_mtime > _LEFT_BEHIND_S:
            path.unlink()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a network share that cannot sync folders keeps their names itself
            raise
    finally:
        os.close(handle)
