"""Wires the watched cameras to MQTT: triggers, repairs, answers, settings at run time and statistics."""

import logging
import threading
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from services.contract import topics as leaf
from services.contract.controls import controls_of
from services.contract.events import RELEASES, EventMessage
from services.contract.handover import Resend, Resent
from services.contract.message import Message
from services.contract.settings import MotionSettings, Settings
from services.contract.status import OFFLINE, CaptureStats
from services.contract.topics import Topics
from services.motion.detector import DetectorSettings
from services.motion.memory import EventMemory
from services.motion.turns import Turns, cores
from services.motion.watch import Watch
from services.runtime.controls import ControlBoard
from services.runtime.mqtt import BrokerAddress, Delivery
from services.runtime.presence import control_link
from services.runtime.run import Crew
from services.runtime.state import StateFile
from services.runtime.stop import Stop

log = logging.getLogger(__name__)

STATS_INTERVAL_S = 2.0
TRIGGER_S = 10.0
TUNE_S, MOST_TUNE_S = 15.0, 60.0

M = TypeVar("M", bound=Message)


class Trigger(BaseModel):
    """What may come on `…/trigger`: nothing, a reason in plain words, or this as JSON."""

    reason: str = Field("manual", min_length=1, max_length=100)
    duration_s: float = Field(TRIGGER_S, ge=0, le=3600)


class MotionService:
    """All cameras of this instance, one thread, one link and one session at the broker each.

    As many of them look at a picture at a time as there are cores.
    """

    name = "motion"

    def __init__(self, settings: Settings, broker: BrokerAddress) -> None:
        self._cameras = settings.own_cameras()
        self._topics = Topics(settings.mqtt.prefix)
        state = StateFile(settings.state_dir / "motion.json")
        self._board = ControlBoard(
            self.name,
            self._cameras,
            self._topics,
            state,
            on_change=self._setting_changed,
            default=self._default,
        )
        self._memory = EventMemory(StateFile(settings.state_dir / "motion-events.json"))
        self._control = control_link(broker, self._topics, self.name, settings.replica, list(self._cameras))
        turns = Turns(cores())
        self._watches = {
            camera: Watch(
                camera,
                own.motion,
                broker=broker,
                topics=self._topics,
                control=self._control,
                memory=self._memory,
                turns=turns,
                instance=str(settings.replica.slot),
            )
            for camera, own in self._cameras.items()
        }

    def problems(self) -> list[str]:
        links = [self._control, *(watch.link for watch in self._watches.values())]
        return sorted({link.problem for link in links if link.problem})

    def account(self) -> Mapping[str, Message]:
        """The statistics of each camera."""
        return {camera: watch.stats() for camera, watch in self._watches.items()}

    def run(self, stop: threading.Event) -> None:
        self._board.load()
        self._memory.load()
        self._board.attach(self._control)
        for camera in self._watches:
            self._setting_changed(camera, "")
        every = leaf.ANY
        self._control.subscribe(self._topics.camera(every, leaf.TRIGGER), self._trigger)
        self._control.subscribe(self._topics.camera(every, leaf.TUNE), self._tune)
        self._control.subscribe(self._topics.zone(every, every), self._zone)
        self._control.subscribe(self._topics.camera(every, leaf.RESEND), self._resend)
        self._control.subscribe(self._topics.camera(every, leaf.RESENT), self._resent)
        self._control.subscribe(self._topics.camera(every, leaf.EVENT), self._event)
        self._control.subscribe(self._topics.camera(every, leaf.STATUS), self._status)
        self._control.subscribe(self._topics.stats(every, "capture"), self._captured)
        watches, links = Crew(stop), Crew(Stop(), alarm=stop)
        links.start("motion-control", self._control.run)
        for camera, watch in self._watches.items():
            watch.attach()
            watches.start(f"motion-{camera}", watch.run)
            links.start(f"motion-{camera}-link", watch.link.run)
        watches.start("motion-stats", self._say_stats)
        try:
            watches.wait()
        finally:
            links.stop.set()  # after the watches: what they still say is to be heard
            links.wait()

    def _say_stats(self, stop: threading.Event) -> None:
        while not stop.wait(STATS_INTERVAL_S):
            for camera, stats in self.account().items():
                self._control.flash(self._topics.stats(camera, self.name), stats.payload(), retain=True)

    def _setting_changed(self, camera: str, _setting: str) -> None:
        own = self._cameras[camera].motion
        changed = {
            name: self._board.value(camera, name) for name in controls_of(self.name) if hasattr(own, name)
        }
        self._watches[camera].configure(
            MotionSettings.model_validate({**own.model_dump(), **changed}),
            detecting=self._board.value(camera, "motion_detection"),
        )

    def _default(self, camera: str, setting: str) -> float | None:
        """What holds where a setting follows from the sensitivity."""
        settings = DetectorSettings(
            sensitivity=self._board.value(camera, "sensitivity"),
        )
        return settings.in_force(setting)

    # -- what arrives ----------------------------------------------------------------------------------

    def _watch(self, topic: str) -> Watch | None:
        camera, _ = self._topics.split(topic) or ("", "")
        return self._watches.get(camera)

    def _trigger(self, delivery: Delivery) -> None:
        watch = self._watch(delivery.topic)
        if watch is None or delivery.retain:
            return
        try:
            trigger = read_trigger(delivery.payload)
        except ValueError:
            log.warning(
                "%s: a trigger was not understood and is ignored: %.80r", watch.camera, delivery.payload
            )
            return
        watch.trigger(trigger.reason, trigger.duration_s)

    def _tune(self, delivery: Delivery) -> None:
        watch, seconds = self._watch(delivery.topic), read_tune(delivery.payload)
        if watch and not delivery.retain:
            watch.tune(seconds)

    def _zone(self, delivery: Delivery) -> None:
        """What the broker remembers of zones from before our start."""
        watch = self._watch(delivery.topic)
        if watch and delivery.retain and delivery.payload:
            watch.forget_zone(delivery.topic.rpartition("/")[2])

    def _resend(self, delivery: Delivery) -> None:
        watch, request = self._watch(delivery.topic), _read(Resend, delivery)
        if watch and request and request.ask == self.name:
            watch.ask(request)

    def _resent(self, delivery: Delivery) -> None:
        watch, answer = self._watch(delivery.topic), _read(Resent, delivery)
        if watch and answer and answer.by == "capture":
            watch.resent(answer)

    def _event(self, delivery: Delivery) -> None:
        watch, message = self._watch(delivery.topic), _read(EventMessage, delivery)
        if watch and message and message.event_type in RELEASES:
            watch.answered(message)

    def _status(self, delivery: Delivery) -> None:
        watch = self._watch(delivery.topic)
        if watch and delivery.payload == OFFLINE.encode():
            watch.camera_offline()

    def _captured(self, delivery: Delivery) -> None:
        watch, stats = self._watch(delivery.topic), _read(CaptureStats, delivery)
        if watch and stats:
            watch.captured(stats)


def read_trigger(payload: bytes) -> Trigger:
    """Empty, a reason in plain words, or JSON. Raises ValueError for anything else."""
    text = payload.decode().strip()
    if not text:
        return Trigger()
    if text.startswith("{"):
        return Trigger.model_validate_json(text)
    return Trigger(reason=text)


def read_tune(payload: bytes) -> float:
    """For how many seconds somebody wants scores; what is no number means the default."""
    try:
        seconds = float(payload)
    except ValueError:
        seconds = TUNE_S
    return seconds if 0 <= seconds <= MOST_TUNE_S else TUNE_S


def _read(model: type[M], delivery: Delivery) -> M | None:
    try:
        return model.model_validate_json(delivery.payload)
    except ValidationError:
        log.warning("a message on %s was not understood and is ignored", delivery.topic)
        return None
