"""What a camera's feed owns for pictures on a schedule: its part on MQTT, and what survives a restart."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from services.capture.experiments.memory import Memory
from services.capture.experiments.punctual import Clock, Steps
from services.capture.experiments.request import read_request
from services.capture.experiments.schedules import Schedules
from services.capture.experiments.slices import Slices
from services.contract import topics as leaf
from services.contract.controls import EXPERIMENT, Refused
from services.contract.events import RELEASES, EventMessage
from services.contract.experiments import Experiment, ExperimentSummary
from services.contract.frame import Frame
from services.contract.status import OFF, ON
from services.contract.topics import Topics
from services.runtime.mqtt import Delivery, Link

log = logging.getLogger(__name__)

#: Counts are written to disk so often; what begins and ends at once.
KEEP_EVERY_S = 10.0


class Runner:
    """One camera's pictures on a schedule. Thread-safe.

    `take` every frame that goes out live, and `tick` some ten times a second, which alone writes to disk;
    `get` is for whoever misses a frame, and `steps` for a camera that gives a picture when it is asked.
    """

    def __init__(
        self,
        camera: str,
        topics: Topics,
        *,
        link: Link,
        memory: Memory,
        configured: Sequence[Experiment] = (),
        written: str = "",
        max_bytes: int,
        lead_s: float = 0.0,
        clock: Clock = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`written` is the name of the experiment that the configuration lets run, or empty.

        An experiment that begins at once begins in `lead_s`, so that its first picture is on time as well.
        """
        self._camera, self._topics, self._link = camera, topics, link
        self._memory, self._configured, self._written = memory, configured, written
        self._clock = clock
        self._slices = Slices(camera, topics, link, max_bytes)
        self._schedules = Schedules(camera, self._slices, clock, now, lead_s)
        self._kept: tuple[int, int] | None = None
        self._kept_s = clock()
        self._lock, self._writing = threading.Lock(), threading.Lock()

    # -- life ------------------------------------------------------------------------------------------

    def load(self, interval_s: float = 0.0) -> None:
        """Takes up what an earlier life left; what the configuration says since then wins over it."""
        state = self._memory.running()
        with self._lock:
            self._slices.restore(self._memory.slices())
            if state:
                try:
                    self._schedules.resume(state)
                except (KeyError, TypeError, ValueError) as error:  # by somebody else's hand
                    log.warning("%s: its experiment of before is not understood (%r)", self._camera, error)
            unchanged = state.get("written", "") == self._written
            self._begin(self._schedules.asked if unchanged else self._written)
            self._schedules.set_interval(interval_s)
            if not state and not self.running:  # nothing to remember yet
                self._kept = self._revision

    def attach(self) -> None:
        """Listens for what is to run, and for what the archiver says; before the link runs."""
        self._link.subscribe(self._topics.setting_set(self._camera, EXPERIMENT), self._set)
        self._link.subscribe(self._topics.camera(self._camera, leaf.EVENT), self._event)
        self._show()

    def close(self) -> None:
        """The end of this life: what there is is handed over while somebody may still ask for it."""
        with self._lock:
            self._schedules.close()
            self._slices.step(self._clock())
            if self.running:
                self._kept = None
        self._remember()

    # -- what others ask of it -------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether it needs the camera's pictures."""
        return self._schedules.running

    @property
    def experiment(self) -> str:
        """The name of the experiment that runs; empty: none."""
        return self._schedules.experiment

    def set_interval(self, interval_s: float) -> None:
        """Plain periodic capture, so many seconds apart; 0: none."""
        with self._lock:
            self._schedules.set_interval(interval_s)

    def take(self, frame: Frame) -> None:
        """A frame that has just gone out live."""
        if self.running:
            with self._lock:
                self._schedules.take(frame)

    def tick(self) -> None:
        """Time passes: decides what no picture decides, says what is to be said, and remembers it."""
        with self._lock:
            for words in self._schedules.tick():
                self._link.send(self._topics.camera(self._camera, leaf.EVENT), words.payload())
            self._slices.step(self._clock())
            self._show()
        self._remember()

    def get(self, sequence: int) -> bytes | None:
        """The picture with that number of this session, as long as its slice is not archived."""
        with self._lock:
            return self._slices.get(sequence)

    def summary(self) -> ExperimentSummary | None:
        """How the experiment stands that runs, or has ended last in this life."""
        with self._lock:
            return self._schedules.summary()

    def steps(self, interval_s: float) -> Steps:
        """When to ask a camera that gives a picture whenever it is asked, by itself so often."""
        with self._lock:
            self._schedules.wait_longer()
        return Steps(interval_s, self.next_due_s, self._clock)

    def next_due_s(self, after_s: float, now_s: float) -> float:
        """The next deadline after `after_s` that a picture taken from now on can serve; else infinity."""
        with self._lock:
            return self._schedules.next_due_s(after_s, now_s)

    # -- what arrives ----------------------------------------------------------------------------------

    def _set(self, delivery: Delivery) -> None:
        if delivery.retain:  # said long ago: what is in force is in our file
            return
        try:
            text = delivery.payload.decode().strip()
            if text == ON and self.experiment:
                return
            experiment = read_request(text, self._configured, self._last())
        except UnicodeDecodeError:
            self._refuse("takes text, not bytes")
        except Refused as refusal:
            self._refuse(str(refusal))
        else:
            if text in (ON, OFF):  # what they mean now, also for a later life
                text = experiment.model_dump_json(exclude_defaults=True) if experiment else ""
            with self._lock:
                self._schedules.set_experiment(experiment, text)
                self._show()

    def _last(self) -> Experiment | None:
        """The experiment that has run last in this life."""
        summary = self.summary()
        return summary.experiment if summary else None

    def _event(self, delivery: Delivery) -> None:
        try:
            message = EventMessage.model_validate_json(delivery.payload)
        except ValidationError:
            return  # others complain of it
        if message.event_type in RELEASES and message.event:
            with self._lock:
                self._slices.answered(message.event)

    def _begin(self, asked: str) -> None:
        """At our start: a name may mean another experiment by now, or none any more."""
        try:
            self._schedules.set_experiment(read_request(asked, self._configured), asked)
        except Refused as refusal:
            log.warning("%s: %s %s; it has ended", self._camera, EXPERIMENT, refusal)
            self._schedules.set_experiment(None, "")

    # -- what is said and kept -------------------------------------------------------------------------

    def _refuse(self, why: str) -> None:
        sentence = f"{EXPERIMENT} {why}"
        log.warning("%s: %s", self._camera, sentence)
        self._link.send(self._topics.setting_error(self._camera, EXPERIMENT), sentence.encode())

    def _show(self) -> None:
        name = self._schedules.experiment
        self._link.hold(self._topics.setting_state(self._camera, EXPERIMENT), name.encode())

    def _remember(self) -> None:
        with self._writing:
            with self._lock:
                closed, self._slices.closed = self._slices.closed, []
                settled, self._slices.settled = self._slices.settled, []
                state = self._news()
            for handover in closed:
                self._memory.keep_slice(handover)
            if state:
                self._memory.keep_running(state)
            for event in settled:
                self._memory.forget_slice(event)

    @property
    def _revision(self) -> tuple[int, int]:
        return self._schedules.changes, self._slices.revision

    def _news(self) -> dict[str, Any] | None:
        """What a later life needs; None where nothing began or ended, and the counts were kept lately."""
        now_s, revision = self._clock(), self._revision
        if revision == self._kept and (not self.running or now_s - self._kept_s < KEEP_EVERY_S):
            return None
        self._kept, self._kept_s = revision, now_s
        return {"written": self._written, **self._schedules.state()}
