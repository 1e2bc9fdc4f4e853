"""The events that are open or not yet answered for, on disk: they end well even if motion dies in between."""

import logging
import threading
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from services.contract.frame import FrameId
from services.contract.handover import FrameRef, Handover, ranges
from services.contract.message import iso
from services.motion.numbers import Number
from services.runtime.state import StateFile

log = logging.getLogger(__name__)

#: Capture sessions that are remembered of a camera: a broker that was killed is never back at so old a state.
MOST_SESSIONS = 64


class EventMemory:
    """Open events by their first frame, ended ones by their numbers; of all cameras. Thread-safe.

    It also knows the last number that an event of the camera has kept, since a frame belongs to one event at
    most, the capture sessions that came, since a broker that was killed may give frames of an old one once
    more, and since when its detector is young. A disk that does not take it costs the memory, never the
    event.
    """

    def __init__(self, file: StateFile) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._cameras: dict[str, dict[str, Any]] = {}
        self._problem = ""

    def load(self) -> None:
        self._cameras = self._file.read()

    def opened(self, camera: str, event: str, reason: str, started: datetime, first: FrameId) -> None:
        handover = Handover(
            camera=camera,
            event=event,
            reason=reason,
            started=started,
            ended=started,
            frames=[FrameRef(session=first.session_hex, sequence=first.sequence)],
        )
        self._put(handover, is_open=True)

    def today(self, camera: str, now: datetime) -> int:
        """How many events of the camera began on this day, as the clock on the wall has it."""
        with self._lock:
            day, count = self._of(camera).get("day", ("", 0))
        return int(count) if day == _day(now) else 0

    def last(self, camera: str) -> datetime | None:
        """When the last event of the camera began."""
        with self._lock:
            last = self._of(camera).get("last")
        return datetime.fromisoformat(last) if last else None

    def ended(self, handover: Handover) -> None:
        self._put(handover, is_open=False)

    def answered(self, camera: str, event: str) -> None:
        with self._lock:
            if self._of(camera)["events"].pop(event, None):
                self._write()

    def cut_short(self, camera: str, reason: str, at: datetime) -> None:
        """We end in the middle of an event: the life after this one is to go on."""
        with self._lock:
            self._of(camera)["cut_short"] = [reason, iso(at)]
            self._write()

    def going_on(self, camera: str) -> tuple[str, datetime] | None:
        """Reason and last frame of an event that we ended in the middle of; told once."""
        with self._lock:
            cut_short = self._of(camera).pop("cut_short", None)
        return (cut_short[0], datetime.fromisoformat(cut_short[1])) if cut_short else None

    def left_over(self, camera: str) -> tuple[list[Handover], list[Handover]]:
        """What an earlier life left: `(ended, still open)`; an open one has its first frame alone."""
        found: tuple[list[Handover], list[Handover]] = ([], [])
        with self._lock:
            for entry in self._of(camera)["events"].values():
                found[bool(entry["open"])].append(_read(entry))
        return found

    def cameras(self) -> set[str]:
        """Those of which it knows events."""
        with self._lock:
            return {camera for camera, known in self._cameras.items() if known["events"]}

    def handed_over(self, handover: Handover) -> None:
        """By whoever watched the camera before: the frames of that event are taken."""
        if not handover.frames:
            return
        last = handover.frames[-1]
        with self._lock:
            known = self._of(handover.camera)
            kept = known.get("kept")
            if kept is None or kept[0] != last.session or kept[1] < last.sequence:
                known["kept"] = [last.session, last.sequence]
                self._write()

    def kept(self, camera: str) -> Number | None:
        """The last number that belongs to an event which has ended."""
        with self._lock:
            kept = self._of(camera).get("kept")
        return (int(kept[0], 16), kept[1]) if kept else None

    def came(self, camera: str, session: int) -> None:
        """A frame of this capture session: those before it are over."""
        name = f"{session:016x}"
        with self._lock:
            sessions = self._of(camera).get("sessions", [])
            if name not in sessions:
                self._of(camera)["sessions"] = [*sessions, name][-MOST_SESSIONS:]
                self._write()

    def over(self, camera: str) -> set[int]:
        """The capture sessions that others have followed."""
        with self._lock:
            return {int(name, 16) for name in self._of(camera).get("sessions", [])[:-1]}

    def young(self, camera: str, since: datetime | None) -> None:
        """The camera's detector may have overlooked something since then; None: it has grown up."""
        with self._lock:
            if since:
                self._of(camera)["young"] = iso(since)
            elif self._of(camera).pop("young", None) is None:
                return
            self._write()

    def young_since(self, camera: str) -> datetime | None:
        with self._lock:
            since = self._of(camera).get("young")
        return datetime.fromisoformat(since) if since else None

    def _of(self, camera: str) -> dict[str, Any]:
        return self._cameras.setdefault(camera, {"events": {}})

    def _put(self, handover: Handover, *, is_open: bool) -> None:
        with self._lock:
            known = self._of(handover.camera)
            if is_open and handover.event not in known["events"]:
                _count(known, handover.started)
            was_open = known["events"].get(handover.event, {"open": True})["open"]
            known["events"][handover.event] = _entry(handover) | {"open": is_open}
            if was_open and not is_open:  # later, repairs are all that changes
                known["kept"] = [handover.frames[-1].session, handover.frames[-1].sequence]
            self._write()

    def _write(self) -> None:
        try:
            self._file.write(self._cameras)
            problem = ""
        except OSError as error:
            problem = f"open events cannot be remembered ({error.strerror or error})"
        if problem and problem != self._problem:
            log.error("%s; a crash of motion would end them without their last frames", problem)
        self._problem = problem


def _count(known: dict[str, Any], began: datetime) -> None:
    """One event more; one that was found late does not begin a day anew that is over."""
    day, count = known.get("day", ("", 0))
    if (today := _day(began)) >= day:
        known["day"] = [today, count + 1 if today == day else 1]
    known["last"] = max(known.get("last", ""), iso(began))


def _day(time: datetime) -> str:
    return time.astimezone().date().isoformat()


def _entry(handover: Handover) -> dict[str, Any]:
    """A handover as it is remembered: thousands of frames are a few ranges."""
    entry = handover.model_dump(mode="json", exclude={"frames"}, exclude_none=True)
    sessions = groupby(handover.frames, key=lambda frame: frame.session)
    entry["numbers"] = [
        [session, ranges([frame.sequence for frame in frames])] for session, frames in sessions
    ]
    return entry


def _read(entry: dict[str, Any]) -> Handover:
    frames = [
        {"session": session, "sequence": number}
        for session, known in entry["numbers"]
        for first, last in known
        for number in range(first, last + 1)
    ]
    return Handover.model_validate({**entry, "frames": frames})


def goes_on(handover: Handover, first_unseen: FrameId, longest: timedelta) -> bool:
    """Whether an event that was open when we died goes on with this frame, the first that comes now.

    Not where capture began a new session meanwhile, or the broker forgot ours (no event is `longest`).
    """
    same_session = first_unseen.session_hex == handover.frames[0].session
    return same_session and first_unseen.time <= handover.started + longest


def closed_before(handover: Handover, first_unseen: FrameId | None, longest: timedelta) -> Handover:
    """An event that was open when we died, closed with the last frame that we had acknowledged.

    Only where it cannot go on: no frame came, capture began a new session meanwhile, or it was long ago. Then
    the archiver alone knows how far we came: the manifest lists what it has.
    """
    first = handover.frames[0]
    if (
        first_unseen is None
        or first_unseen.session_hex != first.session
        or first_unseen.time > handover.started + longest
    ):
        return handover
    numbers = range(first.sequence, first_unseen.sequence)
    frames = [FrameRef(session=first.session, sequence=number) for number in numbers]
    return handover.model_copy(update={"frames": frames or handover.frames, "ended": first_unseen.time})
