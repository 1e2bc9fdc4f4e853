"""Why the spool takes nothing, in words for whoever can mend it."""

import errno
import os
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EROFS, errno.EACCES, errno.EPERM}


class SpoolUnusable(Exception):
    """Nothing can be kept there now; `str()` is a sentence for people."""


def sentence(folder: Path, error: OSError) -> str:
    """What went wrong there, and what to do about it."""
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    if error.errno in _FULL:
        return f"the disk of the spool {folder} is full; make room there, or bring the archive back"
    if error.errno in _REFUSED:
        return (
            f"the spool {folder} cannot be written ({reason}); let user {os.getuid()} write there, "
            "or set archive.spool_dir"
        )
    return f"the spool {folder} does not work ({reason}); look at its disk, or set archive.spool_dir"


def may_not_be_written(folder: Path) -> str:
    """The sentence where that can be seen without trying; else empty."""
    there = folder
    while not there.exists():
        there = there.parent
    if os.access(there, os.W_OK | os.X_OK):
        return ""
    is_read_only = os.statvfs(there).f_flag & os.ST_RDONLY
    return sentence(folder, OSError(errno.EROFS if is_read_only else errno.EACCES, ""))
