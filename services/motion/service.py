"""Wires the watched cameras to MQTT: triggers, repairs, answers, settings at run time and statistics."""

import logging
import threading
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from services.contract import topics as leaf
from services.contract.controls import controls_of
from services.contract.events import RELEASES, EventMessage
from services.contract.handover import Handover, Resend, Resent
from services.contract.message import Message
from services.contract.settings import CameraSettings, MotionSettings, Settings
from services.contract.status import OFFLINE, CaptureStats, ServiceInfo
from services.contract.topics import Topics
from services.motion.detector import DetectorSettings
from services.motion.estate import Estate
from services.motion.memory import EventMemory
from services.motion.turns import Turns, cores
from services.motion.watch import LAST_ANSWER_S, Watch
from services.runtime.controls import ControlBoard
from services.runtime.lanes import Lanes
from services.runtime.leftovers import Leftovers
from services.runtime.mqtt import BrokerAddress, Delivery
from services.runtime.presence import Presence
from services.runtime.run import Crew
from services.runtime.share import Share
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
        self._settings, self._broker = settings, broker
        self._topics = Topics(settings.mqtt.prefix)
        self._board = ControlBoard(
            self.name,
            settings.cameras,
            self._topics,
            StateFile(settings.state_dir / "motion.json"),
            on_change=self._setting_changed,
            default=self._default,
        )
        self._paused: dict[str, bool] = {}  # by the archiver's topic
        self._memory = EventMemory(StateFile(settings.state_dir / "motion-events.json"))
        self._presence = Presence(broker, self._topics, self.name, settings.replica)
        self._control = self._presence.link
        self._share = Share(self._presence, self._topics, settings.own_cameras(), self._watch_over)
        self._cameras = self._share.cameras
        self._estate = Estate(self._topics, self._control, self._memory)
        self._leftovers = Leftovers(
            self._control, self._topics, leaf.MOTION, self._retained, known=settings.cameras
        )
        self._turns = Turns(cores())
        self._watches = Lanes[Watch](
            self.name, self._new_watch, same=_same_memory, begin=self._begin, after=self._ended
        )
        self._watches.prepare(self._cameras)

    def _new_watch(self, camera: str, own: CameraSettings) -> Watch:
        return Watch(
            camera,
            own.motion,
            broker=self._broker,
            topics=self._topics,
            control=self._control,
            memory=self._memory,
            turns=self._turns,
            instance=str(self._settings.replica.slot),
            is_owed_elsewhere=self._estate.has,
        )

    def problems(self) -> list[str]:
        links = [self._control, *(watch.link for watch in self._watches.work.values())]
        return sorted(({self._share.problem, *(link.problem for link in links)} - {""}) | self._pause())

    def _pause(self) -> set[str]:
        """What an acknowledgement of the broker is worth while nobody takes from it what it acknowledges."""
        if not any(self._paused.values()):
            return set()
        dropped = sum(watch.stats().dropped for watch in self._watches.work.values())
        at_risk = f"; {dropped} frames so far are with the broker alone" if dropped else ""
        return {
            "the archiver is paused: events' frames are kept here as well, up to motion.keep_mb a camera"
            f"{at_risk}; see to the archive"
        }

    def account(self) -> Mapping[str, Message]:
        """The statistics of each camera."""
        return {camera: watch.stats() for camera, watch in self._watches.work.items()}

    def run(self, stop: threading.Event) -> None:
        self._board.load()
        self._memory.load()
        self._estate.take_up(set(self._settings.own_cameras()))
        self._board.attach(self._control, self._cameras)
        if self._settings.replica.count > 1:
            self._board.overhear(self._control)
            self._control.subscribe(self._topics.handover(leaf.ANY, leaf.ANY), self._handed_over)
        self._share.attach()
        self._leftovers.attach()
        every = leaf.ANY
        self._control.subscribe(self._topics.camera(every, leaf.TRIGGER), self._trigger)
        self._control.subscribe(self._topics.camera(every, leaf.TUNE), self._tune)
        self._control.subscribe(self._topics.zone(every, every), self._zone)
        self._control.subscribe(self._topics.camera(every, leaf.RESEND), self._resend)
        self._control.subscribe(self._topics.camera(every, leaf.RESENT), self._resent)
        self._control.subscribe(self._topics.camera(every, leaf.EVENT), self._event)
        self._control.subscribe(self._topics.camera(every, leaf.STATUS), self._status)
        self._control.subscribe(self._topics.stats(every, "capture"), self._captured)
        self._control.subscribe(self._topics.service_info("archiver", every), self._archiver_said)
        control, stats = Crew(Stop(), alarm=stop), Crew(stop)
        control.start("motion-control", self._control.run)
        self._watches.start(stop)
        stats.start("motion-stats", self._say_stats)
        stats.start("motion-share", self._share.run)
        stats.start("motion-estate", self._estate.run)
        stop.wait()
        try:
            self._watches.close()
            stats.wait()
        finally:
            control.stop.set()  # after the watches: what they still say is to be heard
            control.wait()

    def reconfigure(self, settings: Settings) -> None:
        gone = self._cameras.keys() - settings.cameras.keys()
        retained = [topic for camera in gone for topic in self._retained(camera)]
        for camera in gone:
            self._watches[camera].answer_s = LAST_ANSWER_S
        self._settings = settings
        self._share.want(settings.own_cameras())
        self._leftovers.known = settings.cameras
        for topic in retained:
            self._control.release(topic)

    def _watch_over(self, cameras: Mapping[str, CameraSettings]) -> None:
        """These are ours now, and no others."""
        anothers = (self._cameras.keys() - cameras.keys()) & self._settings.cameras.keys()
        self._cameras = cameras
        self._board.reconfigure(self._control, self._settings.cameras, cameras)
        self._watches.take(cameras)
        for camera in anothers:
            self._control.release(self._want(camera))

    def _ended(self, watch: Watch) -> None:
        """Whoever asks for what it still owes, or answers for it, finds it here."""
        if len(watch.custody):
            self._estate.inherit(watch.camera, watch.custody)

    def complain(self, problem: str) -> None:
        self._presence.tell(problem=problem)

    def _begin(self, watch: Watch) -> None:
        watch.attach()
        self._setting_changed(watch.camera, "")

    def _retained(self, camera: str) -> list[str]:
        """All that we say of a camera and that a broker remembers."""
        zones = self._board.value(camera, "zones") if camera in self._cameras else ()
        return [
            self._topics.camera(camera, leaf.MOTION),
            *(self._topics.zone(camera, zone) for zone in zones),
            *self._board.states(camera),
            self._topics.stats(camera, self.name),
            self._want(camera),
            self._topics.frames(camera, leaf.SNAPSHOT),
        ]

    def _want(self, camera: str) -> str:
        return self._topics.want(camera, f"{self.name}-{self._settings.replica.slot}")

    def _say_stats(self, stop: threading.Event) -> None:
        while not stop.wait(STATS_INTERVAL_S):
            for camera, stats in self.account().items():
                self._control.flash(self._topics.stats(camera, self.name), stats.payload(), retain=True)

    def _setting_changed(self, camera: str, _setting: str) -> None:
        watch = self._watches.work.get(camera)
        if watch is None:  # it is about to begin, with the values as they are now
            return
        own = self._cameras[camera].motion
        changed = {
            name: self._board.value(camera, name) for name in controls_of(self.name) if hasattr(own, name)
        }
        watch.configure(
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
        return self._watches.work.get(camera)

    def _camera(self, delivery: Delivery) -> str:
        return (self._topics.split(delivery.topic) or ("", ""))[0]

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
        request = _read(Resend, delivery)
        if request is None or request.ask != self.name or self._estate.ask(self._camera(delivery), request):
            return
        if watch := self._watch(delivery.topic):
            watch.ask(request)

    def _resent(self, delivery: Delivery) -> None:
        watch, answer = self._watch(delivery.topic), _read(Resent, delivery)
        if answer is None or answer.by != "capture":
            return
        self._estate.resent(self._camera(delivery), answer)
        if watch:
            watch.resent(answer)

    def _event(self, delivery: Delivery) -> None:
        watch, message = self._watch(delivery.topic), _read(EventMessage, delivery)
        if message is None or message.event_type not in RELEASES:
            return
        self._estate.answered(message)
        if watch:
            watch.answered(message)

    def _handed_over(self, delivery: Delivery) -> None:
        """Whoever watched a camera before: no frame belongs to two events."""
        if handover := _read(Handover, delivery):
            self._memory.handed_over(handover)

    def _archiver_said(self, delivery: Delivery) -> None:
        if info := _read(ServiceInfo, delivery):
            self._paused[delivery.topic] = info.paused

    def _status(self, delivery: Delivery) -> None:
        watch = self._watch(delivery.topic)
        if watch and delivery.payload == OFFLINE.encode():
            watch.camera_offline()

    def _captured(self, delivery: Delivery) -> None:
        watch, stats = self._watch(delivery.topic), _read(CaptureStats, delivery)
        if watch and stats:
            watch.captured(stats)


def _same_memory(before: CameraSettings, now: CameraSettings) -> bool:
    """Whether a watch can go on: all else is told to it without a new beginning."""
    return (before.motion.ring_mb, before.motion.keep_mb) == (now.motion.ring_mb, now.motion.keep_mb)


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
    if not delivery.payload:  # retained state that was taken back
        return None
    try:
        return model.model_validate_json(delivery.payload)
    except ValidationError:
        log.warning("a message on %s was not understood and is ignored", delivery.topic)
        return None
