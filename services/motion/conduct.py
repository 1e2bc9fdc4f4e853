"""Does what the event machine decides: frames into custody, words to the voice."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from services.contract.frame import Frame, FrameId
from services.contract.settings import MotionSettings
from services.motion.custody import Custody
from services.motion.events import MOTION, Action, Ended, Keep, Motion, Opened, Summary, Updated
from services.motion.numbers import Numbers, number_of
from services.motion.ring import Ring
from services.motion.visits import ZoneMotion
from services.motion.voice import Voice


class Conduct:
    """One camera's events in the doing; `newest` and `late` are of the last live frame.

    `blind_since` is since when the detector may have overlooked something, while it is young.
    """

    def __init__(
        self, settings: MotionSettings, *, ring: Ring, numbers: Numbers, custody: Custody, voice: Voice
    ) -> None:
        self.settings = settings
        self.newest: Frame | None = None
        self.late = False
        self.blind_since: datetime | None = None
        self.events = 0
        self._ring = ring
        self._numbers = numbers
        self._custody = custody
        self._voice = voice
        self._moving = self._said_late = False
        self._zones = dict.fromkeys(settings.zones, False)
        self._late: set[str] = set()  # open events that were found after an outage
        self._snapshot: FrameId | None = None

    def carry_out(self, actions: list[Action], ack: Callable[[], None] | None = None) -> None:
        """Does it in order; `ack` is called when the broker has the frame that is kept."""
        self._say_whether_it_moves(actions)
        kept = {action.frame for action in actions if isinstance(action, Keep)}
        for action in actions:
            match action:
                case Opened():
                    self._open(action, kept)
                case Keep(event, frame):
                    self._keep(event, frame, ack)
                case Updated(summary):
                    self._voice.updated(summary, late=summary.event in self._late)
                    self._show_best(summary)
                case Ended(summary):
                    self._show_best(summary)
                    self._voice.ended(summary, self._settings_hash(), late=summary.event in self._late)
                    self._late.discard(summary.event)
                    self._custody.end(summary, time.monotonic())

    def _say_whether_it_moves(self, actions: list[Action]) -> None:
        """Before all else: whoever waits for ON is not to wait for a pre-roll of some megabytes."""
        news = self.late != self._said_late
        for action in actions:
            if isinstance(action, Motion):
                self._moving, news = action.on, True
            elif isinstance(action, ZoneMotion) and action.zone in self.settings.zones:
                self._zones[action.zone], news = action.on, True
        if not news:
            return
        self._said_late = self.late
        self._voice.motion(on=self._moving and not self.late)
        for zone, on in self._zones.items():
            self._voice.zone(zone, on=on and not self.late)

    def configure(self, settings: MotionSettings) -> None:
        """Other settings from now on; a new zone is OFF, and one that is gone is gone from the broker."""
        gone = self._zones.keys() - settings.zones.keys()
        self.settings = settings
        self._zones = {zone: self._zones.get(zone, False) for zone in settings.zones}
        for zone in gone:
            self._voice.no_zone(zone)
        for zone, on in self._zones.items():
            self._voice.zone(zone, on=on and not self.late)

    def expect(self, event: str, session: int, numbers: range) -> None:
        """Numbers that capture gave and that did not come, in an event whose end may lie among them."""
        if numbers := self._numbers.within(numbers, self.settings.post_roll):
            self._custody.expect(event, session, numbers)
            self._numbers.kept = session, numbers[-1]

    def _open(self, opened: Opened, kept: set[FrameId]) -> None:
        """What moves when the detector has just begun may have moved before: pre-roll counts from there."""
        since = opened.since
        if self.blind_since and opened.reason == MOTION:
            since = min(since, self.blind_since - timedelta(seconds=self.settings.pre_roll))
        newest = self._numbers.last
        assert newest, "the machine opens an event only where there is a frame"
        self.events += 1
        pre_roll = [
            frame
            for frame in self._ring.since(since)
            if frame.id not in kept and self._numbers.is_free(frame.id)
        ]
        first = pre_roll[0].id if pre_roll else newest
        lacking = self._numbers.lacking(first, since)
        earliest = replace(first, sequence=lacking[0]) if lacking else first
        self._custody.open(opened.event, opened.reason, opened.time, since, earliest)
        if self.late:
            self._late.add(opened.event)
        self._voice.opened(opened, late=self.late)
        self._custody.expect(opened.event, first.session, lacking)
        for frame in pre_roll:
            self._custody.take(opened.event, frame)
            self._numbers.kept = number_of(frame.id)

    def _keep(self, event: str, frame_id: FrameId, ack: Callable[[], None] | None) -> None:
        frame = self.newest
        if frame is None or frame.id != frame_id:
            raise RuntimeError(f"the machine keeps {frame_id}, which is not the newest frame")
        self._custody.take(event, frame, ack)
        self._numbers.kept = number_of(frame_id)

    def _show_best(self, summary: Summary) -> None:
        best = summary.best
        if best is None or best == self._snapshot:
            return
        if frame := self._custody.frame(summary.event, best):
            self._snapshot = best
            self._voice.snapshot(frame.jpeg)

    def _settings_hash(self) -> str:
        return hashlib.sha256(self.settings.model_dump_json().encode()).hexdigest()[:12]
