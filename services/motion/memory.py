"""The events that are open or not yet answered for, on disk: they end well even if motion dies in between."""

import threading
from datetime import datetime
from typing import Any

from services.contract.frame import FrameId
from services.contract.handover import FrameRef, Handover
from services.runtime.state import StateFile


class EventMemory:
    """Open events by their first frame, ended ones by their handover; of all cameras. Thread-safe."""

    def __init__(self, file: StateFile) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._cameras: dict[str, dict[str, Any]] = {}

    def load(self) -> None:
        self._cameras = self._file.read()

    def opened(self, camera: str, event: str, reason: str, started: datetime, first: FrameId) -> None:
        handover = Handover(
            camera=camera,
            event=event,
            reason=reason,
            started=started,
            ended=started,
            frames=[FrameRef(session=first.session_hex, sequence=first.sequence, time=first.time)],
        )
        self._put(handover, is_open=True)

    def ended(self, handover: Handover) -> None:
        self._put(handover, is_open=False)

    def answered(self, camera: str, event: str) -> None:
        with self._lock:
            if self._cameras.get(camera, {}).pop(event, None):
                self._write()

    def left_over(self, camera: str) -> tuple[list[Handover], list[Handover]]:
        """What an earlier life left: `(ended, still open)`; an open one has its first frame alone."""
        entries = self._cameras.get(camera, {}).values()
        found: tuple[list[Handover], list[Handover]] = ([], [])
        for entry in entries:
            found[bool(entry["open"])].append(Handover.model_validate(entry["handover"]))
        return found

    def _put(self, handover: Handover, *, is_open: bool) -> None:
        entry = {"open": is_open, "handover": handover.model_dump(mode="json", exclude_none=True)}
        with self._lock:
            self._cameras.setdefault(handover.camera, {})[handover.event] = entry
            self._write()

    def _write(self) -> None:
        self._file.write({camera: events for camera, events in self._cameras.items() if events})


def closed_before(handover: Handover, first_unseen: FrameId | None) -> Handover:
    """An event that was open when we died, closed with the last frame that we had acknowledged.

    The broker's session gives again whatever we had not acknowledged, beginning with `first_unseen`; all
    before it has been published on the event's topic. Where capture began a new session meanwhile (None),
    only the archiver knows how far we came: the manifest lists what it has.
    """
    first = handover.frames[0]
    if first_unseen is None or first_unseen.session_hex != first.session:
        return handover
    numbers = range(first.sequence, first_unseen.sequence)
    frames = [FrameRef(session=first.session, sequence=number) for number in numbers]
    return handover.model_copy(update={"frames": frames or handover.frames, "ended": first_unseen.time})
