"""A ZIP that is written while it is sent."""

import io
import zipfile
from datetime import datetime


class Pack:
    """Files of one folder; JPEGs are compressed already, so they are stored as they are."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._out = _Out()
        self._zip = zipfile.ZipFile(self._out, "w", zipfile.ZIP_STORED)

    def add(self, name: str, time: datetime, content: bytes) -> bytes:
        """What is to be sent next."""
        info = zipfile.ZipInfo(f"{self._folder}/{name}", time.timetuple()[:6])
        info.external_attr = 0o644 << 16
        self._zip.writestr(info, content)
        return self._out.take()

    def end(self, name: str, time: datetime, content: bytes) -> bytes:
        """The last file, and what ends it all."""
        before = self.add(name, time, content)
        self._zip.close()
        return before + self._out.take()


class _Out(io.RawIOBase):
    """Where nothing can be sought, so that what was written can be sent at once."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole
