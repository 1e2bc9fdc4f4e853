"""A small JSON file that several processes read and change, each at once aware of what another did."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.runtime.errors import UserError
from services.runtime.state import StateFile

_Stamp = tuple[int, int, int]


class SharedFile:
    """Read again whenever it was replaced, changed under a lock. Raises UserError where it cannot be."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: _Stamp | None = None
        self._data: dict[str, Any] = {}

    def read(self) -> dict[str, Any]:
        """What it holds now; the same object as long as it has not changed. Not to be altered."""
        stamp = self._look()
        if stamp != self._stamp:
            self._data = StateFile(self._path).read() if stamp else {}
            self._stamp = stamp
        return self._data

    @contextmanager
    def changing(self) -> Iterator[dict[str, Any]]:
        """What it holds, to be altered: written when the block ends well."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                file = StateFile(self._path)
                data = file.read()
                yield data
                file.write(data)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UserError(f"cannot write {self._path} ({reason}): let this user have its folder") from None

    def _look(self) -> _Stamp | None:
        try:
            seen = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return seen.st_ino, seen.st_mtime_ns, seen.st_size
