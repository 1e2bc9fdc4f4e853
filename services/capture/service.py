"""Wires the cameras to MQTT: status, health, settings at run time and statistics."""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from services.capture.feed import Feed
from services.capture.heap import keep_memory_at_hand
from services.capture.ingest import Ingest
from services.capture.opencv import quiet_opencv
from services.capture.opening import open_configured, pushed_camera, pushed_topic
from services.contract import topics as leaf
from services.contract.controls import EXPERIMENT
from services.contract.events import EventMessage, EventType
from services.contract.message import Message
from services.contract.settings import CameraSettings, Settings
from services.contract.status import OFF, ON, HealthDetail
from services.contract.topics import Topics
from services.runtime.controls import ControlBoard
from services.runtime.lanes import Lanes
from services.runtime.leftovers import Leftovers
from services.runtime.mqtt import BrokerAddress
from services.runtime.presence import Presence
from services.runtime.run import Crew
from services.runtime.share import Share
from services.runtime.state import StateFile
from services.runtime.stop import Stop

#: How often feeds are looked after: those with something under way, and when none of them has.
TICK_S, IDLE_S = 0.1, 0.5
STATS_INTERVAL_S = 2.0
#: From here on people are told, before something is lost.
NEARLY_FULL = 0.8
MB = 1_000_000
#: Settings that a camera takes up by beginning anew, which takes it a moment.
BEGINS_ANEW = ("fps", "quality", "timestamp")
#: What the broker counts beside the picture: topic, properties, lengths.
HEADER_BYTES = 1_000


class CaptureService:
    """All cameras of this instance, one thread and one link each."""

    name = "capture"

    def __init__(self, settings: Settings, broker: BrokerAddress) -> None:
        self._settings, self._broker = settings, broker
        self._topics = Topics(settings.mqtt.prefix)
        self._presence = Presence(broker, self._topics, self.name, settings.replica)
        self._control = self._presence.link
        self._share = Share(self._presence, self._topics, settings.own_cameras(), self._take)
        self._board = ControlBoard(
            self.name,
            settings.cameras,
            self._topics,
            StateFile(settings.state_dir / "capture.json"),
            on_change=self._setting_changed,
        )
        self._leftovers = Leftovers(
            self._control, self._topics, leaf.STATUS, self._retained, known=settings.cameras
        )
        self._feeds = Lanes[Feed](
            self.name,
            self._feed,
            same=_same_pictures,
            begin=self._begin,
            halt=Feed.halt,
            last=lambda feed: feed.runner.close(),
        )
        self._cameras = self._share.cameras
        self._feeds.prepare(self._cameras)
        self._begin_anew = threading.Event()

    def _feed(self, camera: str, own: CameraSettings) -> Feed:
        pushed = pushed_camera(camera, own)
        feed = Feed(
            camera,
            own.capture,
            self._broker,
            self._topics,
            state_dir=self._settings.state_dir,
            max_bytes=int(self._settings.mqtt.max_packet_mb * MB) - HEADER_BYTES,
            open_camera=partial(open_configured, camera, own, pushed),
            on_change=self._camera_changed,
        )
        if pushed:
            Ingest(camera, pushed).attach(feed.link, pushed_topic(camera, own, self._topics))
        return feed

    def problems(self) -> list[str]:
        links = [self._control, *(feed.link for feed in self._feeds.work.values())]
        nearly_full = {
            f"{feed.camera}: the outbox is {feed.link.outbox.filled:.0%} full of frames for the broker; "
            "at 100 % the oldest are lost: see to the broker, or raise capture.outbox_mb"
            for feed in self._feeds.work.values()
            if feed.link.outbox.filled >= NEARLY_FULL
        }
        return sorted(({self._share.problem, *(link.problem for link in links)} - {""}) | nearly_full)

    def account(self) -> Mapping[str, Message]:
        """The statistics of each camera."""
        return {camera: feed.stats() for camera, feed in self._feeds.work.items()}

    def run(self, stop: threading.Event) -> None:
        quiet_opencv()
        keep_memory_at_hand()
        self._board.load()
        self._board.attach(self._control, self._feeds.work)
        if self._settings.replica.count > 1:
            self._board.overhear(self._control)
        self._share.attach()
        self._leftovers.attach()
        self._feeds.take(self._in_force())
        control, ticks = Crew(Stop(), alarm=stop), Crew(stop)
        control.start("capture-control", self._control.run)
        self._feeds.start(stop)
        ticks.start("capture-ticks", self._tick)
        ticks.start("capture-share", self._share.run)
        stop.wait()
        try:
            self._feeds.close()
            ticks.wait()
        finally:
            control.stop.set()  # after the cameras: what they still say is to be heard
            control.wait()

    def reconfigure(self, settings: Settings) -> None:
        gone = self._feeds.work.keys() - settings.cameras.keys()
        self._settings = settings
        self._share.want(settings.own_cameras())
        self._leftovers.known = settings.cameras
        self._leftovers.clear(gone)

    def _take(self, cameras: Mapping[str, CameraSettings]) -> None:
        """These are ours now, and no others."""
        anothers = (self._feeds.work.keys() - cameras.keys()) & self._settings.cameras.keys()
        self._cameras = cameras
        self._board.reconfigure(self._control, self._settings.cameras, cameras)
        self._feeds.take(self._in_force())
        for camera in anothers:
            for topic in self._retained(camera):
                self._control.forget(topic)

    def _in_force(self) -> dict[str, CameraSettings]:
        """The cameras with what was set at run time, where that makes them begin anew."""
        return {
            camera: own.model_copy(
                update={
                    "capture": own.capture.model_copy(
                        update={name: self._board.value(camera, name) for name in BEGINS_ANEW}
                    )
                }
            )
            for camera, own in self._cameras.items()
        }

    def complain(self, problem: str) -> None:
        self._presence.tell(problem=problem)

    def _begin(self, feed: Feed) -> None:
        feed.runner.load(self._board.value(feed.camera, "interval"))
        feed.attach()
        feed.set_enabled(self._board.value(feed.camera, "enabled"))
        self._say_health(feed.camera, "")

    def _retained(self, camera: str) -> list[str]:
        """All that we say of a camera and that a broker remembers."""
        small = (leaf.STATUS, leaf.HEALTH, leaf.HEALTH_DETAIL, leaf.SLICES, leaf.EXPERIMENT_SUMMARY)
        return [
            *(self._topics.camera(camera, name) for name in small),
            *self._board.states(camera),
            self._topics.setting_state(camera, EXPERIMENT),
            self._topics.stats(camera, self.name),
            self._topics.frames(camera, leaf.PREVIEW),
        ]

    def _tick(self, stop: threading.Event) -> None:
        said_s, wait_s = float("-inf"), TICK_S
        experiments: dict[str, str] = {}
        while not stop.wait(wait_s):
            if self._begin_anew.is_set():
                self._begin_anew.clear()
                self._feeds.take(self._in_force())
            now_s = time.monotonic()
            feeds = self._feeds.work.values()
            busy = [feed for feed in feeds if feed.tick(now_s)]
            wait_s = TICK_S if busy else IDLE_S
            before, experiments = experiments, {feed.camera: feed.runner.experiment for feed in feeds}
            if now_s - said_s >= STATS_INTERVAL_S or experiments != before:
                said_s = now_s
                for feed in feeds:
                    self._say_how_it_goes(feed)

    # -- what arrives ------------------------------------------------------------------------------------

    def _setting_changed(self, camera: str, setting: str) -> None:
        if setting in BEGINS_ANEW:  # a moment later, in another thread: the camera is to end first
            self._begin_anew.set()
            return
        value = self._board.value(camera, setting)
        feed = self._feeds.work.get(camera)
        if feed is None:  # it is about to begin, with the value as it is now
            return
        if setting == "enabled":
            feed.set_enabled(value)
            if not value:  # what is let go has no problem
                self._say_health(camera, "")
        elif setting == "interval":
            feed.runner.set_interval(value)

    # -- what is said --------------------------------------------------------------------------------------

    def _say_how_it_goes(self, feed: Feed) -> None:
        stats = feed.stats().payload()
        self._control.flash(self._topics.stats(feed.camera, self.name), stats, retain=True)
        if summary := feed.runner.summary():
            topic = self._topics.camera(feed.camera, leaf.EXPERIMENT_SUMMARY)
            self._control.hold(topic, summary.payload())

    def _camera_changed(self, camera: str, problem: str, outage_s: float) -> None:
        self._say_health(camera, problem)
        if not problem:
            event = EventMessage(
                event_type=EventType.CAMERA_BACK,
                camera=camera,
                time=datetime.now(UTC),
                outage_s=round(outage_s, 1),
            )
            self._control.send(self._topics.camera(camera, leaf.EVENT), event.payload())

    def _say_health(self, camera: str, problem: str) -> None:
        detail = HealthDetail(problem=problem, since=datetime.now(UTC) if problem else None)
        self._control.hold(self._topics.camera(camera, leaf.HEALTH), (ON if problem else OFF).encode())
        self._control.hold(self._topics.camera(camera, leaf.HEALTH_DETAIL), detail.payload())


def _same_pictures(before: CameraSettings, now: CameraSettings) -> bool:
    """Whether a camera can go on as it is; what is set at run time is told to it without a new beginning."""
    interval = {"interval": now.capture.interval}
    return before.url == now.url and before.capture.model_copy(update=interval) == now.capture
