"""What the spool has of one event: its files in order, the one that is written, and whether it has ended."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from services.archiver.spool import segments
from services.archiver.spool.segments import SEGMENT_BYTES, Segment, SegmentWriter
from services.contract.frame import FrameId

HANDOVER = "handover.json"


@dataclass(slots=True)
class Held:
    """In its folder, which exists. What its methods do on the disk may raise OSError."""

    folder: Path
    segments: list[Segment] = field(default_factory=list)
    writer: SegmentWriter | None = None
    handover: bool = False
    _next_index: int = 1

    @classmethod
    def found(cls, folder: Path) -> "Held":
        """What an earlier life left in the folder."""
        held = cls(folder, handover=(folder / HANDOVER).exists())
        for path in sorted(folder.iterdir()):
            if path.suffix == segments.SEALED:
                segment = segments.sealed(path)
            elif path.suffix == segments.OPEN:
                segment = segments.recover(path)
            else:
                continue
            held._next_index = int(path.stem) + 1
            if segment:
                held.segments.append(segment)
        return held

    def __bool__(self) -> bool:
        return bool(self.segments or self.writer or self.handover)

    @property
    def has_frames(self) -> bool:
        return bool(self.segments or self.writer)

    @property
    def frames(self) -> int:
        """How many wait to be drained."""
        written = self.writer.count if self.writer else 0
        return written + sum(segment.count - len(segment.drained) for segment in self.segments)

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(segment.bytes for segment in self.segments) + (self.writer.bytes if self.writer else 0)

    def write(self, frames: Iterable[tuple[FrameId, bytes]]) -> None:
        """Returns when they are on the disk for good."""
        if self.writer and self.writer.bytes >= SEGMENT_BYTES:
            self.seal()
        if self.writer is None:
            self.writer = SegmentWriter(self.folder, self._next_index)
            self._next_index += 1
        try:
            self.writer.write(frames)
        except OSError:  # what an fsync failed on is not tried again: the system may take it for written
            self.writer.cut()
            self.seal()
            raise

    def seal(self) -> None:
        """What has been written may be drained from now on."""
        writer, self.writer = self.writer, None
        if writer is None:
            return
        try:
            segment = writer.seal()
        except OSError:  # its name is of use only to the life after this one
            segment = Segment(writer.path, writer.bytes, writer.count)
        if segment.count:
            self.segments.append(segment)
        else:
            with suppress(OSError):
                segment.path.unlink()
