"""All that waits on the local disk for the store: frames and handovers, event by event."""

import errno
import fcntl
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from services.archiver.spool import segments
from services.archiver.spool.records import HEAD_BYTES
from services.archiver.spool.room import Room
from services.archiver.spool.segments import SEGMENT_BYTES, Segment, SegmentWriter, sync_folder
from services.archiver.spool.waiting import Waiting
from services.contract.frame import FrameId
from services.runtime.errors import UserError
from services.runtime.state import replace_file

log = logging.getLogger(__name__)

Event = tuple[str, str]
"""A camera and an event's id."""

HANDOVER = "handover.json"
#: Files that are open for writing at a time.
MOST_OPEN = 64

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EROFS, errno.EACCES, errno.EPERM}


class SpoolUnusable(Exception):
    """Nothing can be kept there now; `str()` is a sentence for people."""


@dataclass(slots=True)
class _Held:
    """What is there of one event."""

    folder: Path
    segments: list[Segment] = field(default_factory=list)
    writer: SegmentWriter | None = None
    next_index: int = 1
    handover: bool = False


class Spool:
    """`<folder>/<camera>/<event>/`: the event's frames in files, and its handover where it has ended.

    Nothing is made or written before something is to be kept. Thread-safe; blocks as long as the disk does.
    """

    def __init__(self, folder: Path, room: Room) -> None:
        self.folder = folder.absolute()
        self._room = room
        self._held: OrderedDict[Event, _Held] = OrderedDict()
        self._lock = threading.RLock()
        self._guard = -1
        self.bytes = 0
        self.is_open = False

    def open(self) -> None:
        """Takes up what an earlier life left. Raises UserError where another process uses the folder."""
        with self._lock:
            self._held.clear()
            self.bytes = 0
            try:
                self._hold_folder()
                for folder in sorted(self.folder.glob("*/*/")):
                    self._take_up(folder)
            except FileNotFoundError:
                self.is_open = True
            except OSError as error:
                log.error("%s", self._sentence(error))
            else:
                self.is_open = True

    def close(self) -> None:
        """What is there stays there."""
        with self._lock:
            for held in self._held.values():
                if held.writer:
                    held.writer.close()
            if self._guard >= 0:
                os.close(self._guard)
                self._guard = -1

    # -- keeping ---------------------------------------------------------------------------------------

    def add(self, frames: list[tuple[Event, FrameId, bytes]]) -> int:
        """Keeps as many as there is room for, in order, and returns how many when they are on the disk.

        Raises `SpoolUnusable` where not even one could be kept.
        """
        with self._lock:
            left, count = self._room.left(self.folder, self.bytes), 0
            for _, _, jpeg in frames:
                left -= HEAD_BYTES + len(jpeg)
                if left < 0:
                    break
                count += 1
            if frames and not count:
                raise SpoolUnusable(self._room.why_full(self.folder, self.bytes))
            by_event = groupby(sorted(frames[:count], key=lambda each: each[0]), key=lambda each: each[0])
            try:
                for event, group in by_event:
                    self._write(event, [(frame, jpeg) for _, frame, jpeg in group])
            except OSError as error:
                raise SpoolUnusable(self._sentence(error)) from error
            return count

    def set_aside(self, waiting: Waiting) -> None:
        """The event has ended and all that can be had of it is with us. Raises `SpoolUnusable`."""
        with self._lock:
            try:
                held = self._of(waiting.event)
                replace_file(held.folder / HANDOVER, waiting.payload())
            except OSError as error:
                raise SpoolUnusable(self._sentence(error)) from error
            held.handover = True

    # -- looking ---------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._held)

    @property
    def filled(self) -> float:
        """How full it is, from 0 to 1."""
        return self._room.filled(self.folder, self.bytes)

    @property
    def problem(self) -> str:
        """Why nothing could be kept there, if that can be seen without trying; else empty."""
        folder = self.folder
        while not folder.exists():
            folder = folder.parent
        if not os.access(folder, os.W_OK | os.X_OK):
            is_read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
            return self._sentence(OSError(errno.EROFS if is_read_only else errno.EACCES, ""))
        if not self._room.left(self.folder, self.bytes):
            return self._room.why_full(self.folder, self.bytes)
        return ""

    def events(self) -> list[Event]:
        """Those of which anything is there, oldest first."""
        with self._lock:
            return sorted(self._held, key=lambda event: (event[1], event[0]))

    def is_set_aside(self, event: Event) -> bool:
        """Whether its handover is here."""
        with self._lock:
            held = self._held.get(event)
            return held is not None and held.handover

    def has_frames(self, event: Event) -> bool:
        with self._lock:
            held = self._held.get(event)
            return held is not None and bool(held.segments or held.writer)

    def frames(self, camera: str) -> int:
        """How many of the camera's frames wait here."""
        with self._lock:
            mine = [held for (whose, _), held in self._held.items() if whose == camera]
            return sum(_count(held) for held in mine)

    def waiting(self, event: Event) -> Waiting | None:
        """What was set aside of the event; None where nothing was, or it cannot be read."""
        with self._lock:
            held = self._held.get(event)
            path = held.folder / HANDOVER if held and held.handover else None
        try:
            return Waiting.model_validate_json(path.read_bytes()) if path else None
        except (OSError, ValueError) as error:
            log.error("%s cannot be read any more: %.200s", path, error)
            return None

    def numbers(self, event: Event) -> list[tuple[int, int]]:
        """Session and sequence of the event's frames in sealed files, as after `open`. Raises OSError."""
        with self._lock:
            held = self._held.get(event)
            sealed = list(held.segments) if held else []
        return [number for segment in sealed for number in segment.numbers()]

    # -- draining --------------------------------------------------------------------------------------

    def next(self, *, newest_first: bool) -> tuple[Event, Segment] | None:
        """The file to bring to the store next: of the oldest event, or of the newest, its first."""
        with self._lock:
            for event in reversed(self.events()) if newest_first else self.events():
                held = self._held[event]
                if held.writer and not held.segments:
                    self._seal(held)
                if held.segments:
                    return event, held.segments[0]
        return None

    def remove(self, event: Event, segment: Segment) -> None:
        """All of it is in the store."""
        with self._lock:
            held = self._held[event]
            held.segments.remove(segment)
            self.bytes -= segment.bytes
            try:
                segment.path.unlink()
            except OSError as error:
                log.error("%s; it is in the store already", self._sentence(error))
            self._tidy(event)

    def forget(self, event: Event) -> None:
        """The event is answered for good: its handover is not needed any more."""
        with self._lock:
            held = self._held.get(event)
            if held and held.handover:
                with suppress(OSError):
                    (held.folder / HANDOVER).unlink()
                held.handover = False
                self._tidy(event)

    # -- on the disk -----------------------------------------------------------------------------------

    def _write(self, event: Event, frames: Iterable[tuple[FrameId, bytes]]) -> None:
        held = self._of(event)
        if held.writer and held.writer.bytes >= SEGMENT_BYTES:
            self._seal(held)
        if held.writer is None:
            self._limit_open()
            held.writer = SegmentWriter(held.folder, held.next_index)
            held.next_index += 1
        writer, before = held.writer, held.writer.bytes
        try:
            writer.write(frames)
        except OSError:  # what an fsync failed on is not tried again: the system may take it for written
            writer.cut()
            self._seal(held)
            raise
        self.bytes += writer.bytes - before
        self._held.move_to_end(event)

    def _of(self, event: Event) -> _Held:
        held = self._held.get(event)
        if held is None:
            self._hold_folder(make=True)
            folder = self.folder.joinpath(*event)
            for path in (folder.parent, folder):
                with suppress(FileExistsError):
                    path.mkdir(mode=0o700)
                sync_folder(path.parent)
            held = self._held[event] = _Held(folder)
        return held

    def _seal(self, held: _Held) -> None:
        """What has been written may be drained from now on."""
        writer, held.writer = held.writer, None
        if writer is None:
            return
        try:
            segment = writer.seal()
        except OSError:  # its name is of use only to the life after this one
            segment = Segment(writer.path, writer.bytes, writer.count)
        if segment.count:
            held.segments.append(segment)
        else:
            with suppress(OSError):
                segment.path.unlink()

    def _limit_open(self) -> None:
        writing = [held for held in self._held.values() if held.writer]
        for held in writing[: max(0, len(writing) - MOST_OPEN + 1)]:
            self._seal(held)

    def _tidy(self, event: Event) -> None:
        held = self._held[event]
        if held.segments or held.writer or held.handover:
            return
        del self._held[event]
        with suppress(OSError):  # somebody else's file in it, or another event's folder
            held.folder.rmdir()
            held.folder.parent.rmdir()

    def _hold_folder(self, *, make: bool = False) -> None:
        """For this process alone, as long as it lives; nothing is written for that."""
        if self._guard >= 0:
            return
        if make and not self.folder.is_dir():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(self.folder.parent)
        guard = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(guard)
            raise UserError(
                f"another archiver uses the spool {self.folder}: stop it, or set archive.spool_dir"
            ) from None
        self._guard = guard

    def _take_up(self, folder: Path) -> None:
        event, held = (folder.parent.name, folder.name), _Held(folder)
        held.handover = (folder / HANDOVER).exists()
        for path in sorted(folder.iterdir()):
            if path.suffix == segments.SEALED:
                segment = Segment(path, path.stat().st_size)
                segment.count = len(segment.numbers())
            elif path.suffix == segments.OPEN and (recovered := segments.recover(path)):
                segment = recovered
            else:
                continue
            held.segments.append(segment)
            held.next_index = int(path.stem) + 1
            self.bytes += segment.bytes
        if held.segments or held.handover:
            self._held[event] = held

    def _sentence(self, error: OSError) -> str:
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        if error.errno in _FULL:
            return f"the disk of the spool {self.folder} is full; make room there, or bring the archive back"
        if error.errno in _REFUSED:
            return (
                f"the spool {self.folder} cannot be written ({reason}); let user {os.getuid()} write there, "
                "or set archive.spool_dir"
            )
        return f"the spool {self.folder} does not work ({reason}); look at its disk, or set archive.spool_dir"


def _count(held: _Held) -> int:
    written = held.writer.count if held.writer else 0
    return written + sum(segment.count - len(segment.drained) for segment in held.segments)
