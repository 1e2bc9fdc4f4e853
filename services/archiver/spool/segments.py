"""A spool file and its life: written and fsynced batch by batch, sealed, drained, and gone.

While it is written it is called `00000001.open`, and nobody knows how much of it is whole; once sealed
`00000001.frames`, and all of it has been fsynced. After a crash an open file is cut after its last whole
record.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from services.archiver.spool import records
from services.archiver.spool.records import Record
from services.contract.frame import FrameId

OPEN, SEALED = ".open", ".frames"
#: No file is longer, so that a long event's room on the disk comes back as it is drained.
SEGMENT_BYTES = 16_000_000


@dataclass(slots=True)
class Segment:
    """A sealed file; `drained` are the offsets of the records that are in the store."""

    path: Path
    bytes: int
    count: int = 0
    drained: set[int] = field(default_factory=set)

    def read(self) -> Iterator[Record]:
        """Its records, but for the drained ones. Raises OSError."""
        with self.path.open("rb") as file:
            for record in records.read(file, over_damage=True):
                if record.offset not in self.drained:
                    yield record

    def numbers(self) -> list[tuple[int, int]]:
        """Session and sequence of each of its frames, by their heads alone. Raises OSError."""
        with self.path.open("rb") as file:
            return records.numbers(file)


class SegmentWriter:
    """The file that an event's next frames go into. After an OSError it is never used again."""

    def __init__(self, folder: Path, index: int) -> None:
        self.path = folder / f"{index:08}{OPEN}"
        self.bytes = 0
        self.count = 0
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._named = False

    def write(self, frames: Iterable[tuple[FrameId, bytes]]) -> None:
        """Returns when all of them are on the disk: file and folder are fsynced. Raises OSError."""
        added = count = 0
        for frame, jpeg in frames:
            added += _write_all(self._descriptor, records.head(frame, jpeg), jpeg)
            count += 1
        os.fsync(self._descriptor)
        if not self._named:
            sync_folder(self.path.parent)
            self._named = True
        self.bytes += added
        self.count += count

    def seal(self) -> Segment:
        """Nothing more is written. Raises OSError where it cannot be renamed."""
        self.close()
        path = self.path.with_suffix(SEALED)
        self.path.rename(path)
        return Segment(path, self.bytes, self.count)

    def cut(self) -> None:
        """After a failed write: takes away what is not fsynced, as far as the disk lets us."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, self.bytes)
        self.close()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def sealed(path: Path) -> Segment | None:
    """A file that an earlier life has sealed. Raises OSError."""
    segment = Segment(path, path.stat().st_size)
    segment.count = len(segment.numbers())
    return segment


def recover(path: Path) -> Segment | None:
    """An open file that an earlier life left, cut after its last whole record and sealed; None if empty.

    What is cut off was never acknowledged. Raises OSError.
    """
    whole = count = 0
    with path.open("r+b") as file:
        for record in records.read(file):
            whole, count = record.end, count + 1
        if count:
            file.truncate(whole)
            os.fsync(file.fileno())
    if not count:
        path.unlink()
        return None
    whole_file = path.with_suffix(SEALED)
    path.rename(whole_file)
    return Segment(whole_file, whole, count)


def sync_folder(folder: Path) -> None:
    """What was made or renamed in it is there for good."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(descriptor: int, *parts: bytes) -> int:
    total = sum(map(len, parts))
    written = os.writev(descriptor, parts)
    if written < total:  # a disk that is nearly full takes a part
        rest = memoryview(b"".join(parts))[written:]
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    return total
