"""All that waits on the local disk for the store: frames and handovers, event by event."""

import fcntl
import logging
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from services.archiver.spool.held import HANDOVER, Held
from services.archiver.spool.records import HEAD_BYTES
from services.archiver.spool.room import Room
from services.archiver.spool.segments import Segment, sync_folder
from services.archiver.spool.unusable import SpoolUnusable, may_not_be_written, sentence
from services.archiver.spool.waiting import Waiting
from services.contract.frame import FrameId
from services.runtime.errors import UserError
from services.runtime.state import replace_file

log = logging.getLogger(__name__)

Event = tuple[str, str]
"""A camera and an event's id."""

#: Files that are open for writing at a time.
MOST_OPEN = 64


class Spool:
    """`<folder>/<camera>/<event>/`: the event's frames in files, and its handover where it has ended.

    Nothing is made or written before something is to be kept. Thread-safe; blocks as long as the disk does.
    """

    def __init__(self, folder: Path, room: Room) -> None:
        self.folder = folder.absolute()
        self._room = room
        self._held: OrderedDict[Event, Held] = OrderedDict()
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
                log.error("%s", sentence(self.folder, error))
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
                raise SpoolUnusable(sentence(self.folder, error)) from error
            return count

    def set_aside(self, waiting: Waiting) -> None:
        """The event has ended and all that can be had of it is with us. Raises `SpoolUnusable`."""
        with self._lock:
            try:
                held = self._of(waiting.event)
                replace_file(held.folder / HANDOVER, waiting.payload())
            except OSError as error:
                raise SpoolUnusable(sentence(self.folder, error)) from error
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
        if wrong := may_not_be_written(self.folder):
            return wrong
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
            return held is not None and held.has_frames

    def frames(self, camera: str) -> int:
        """How many of the camera's frames wait here."""
        with self._lock:
            return sum(held.frames for (whose, _), held in self._held.items() if whose == camera)

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
                    held.seal()
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
                log.error("%s; it is in the store already", sentence(self.folder, error))
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

    def _write(self, event: Event, frames: list[tuple[FrameId, bytes]]) -> None:
        held = self._of(event)
        if held.writer is None:
            self._limit_open()
        before = held.size
        try:
            held.write(frames)
        finally:
            self.bytes += held.size - before
        self._held.move_to_end(event)

    def _of(self, event: Event) -> Held:
        held = self._held.get(event)
        if held is None:
            self._hold_folder(make=True)
            folder = self.folder.joinpath(*event)
            for path in (folder.parent, folder):
                with suppress(FileExistsError):
                    path.mkdir(mode=0o700)
                sync_folder(path.parent)
            held = self._held[event] = Held(folder)
        return held

    def _limit_open(self) -> None:
        writing = [held for held in self._held.values() if held.writer]
        for held in writing[: max(0, len(writing) - MOST_OPEN + 1)]:
            held.seal()

    def _tidy(self, event: Event) -> None:
        held = self._held[event]
        if held:
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
        if held := Held.found(folder):
            self._held[folder.parent.name, folder.name] = held
            self.bytes += held.size
