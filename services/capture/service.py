"""Wires the cameras to MQTT: status, health, settings at run time and statistics."""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from services.capture.feed import Feed
from services.capture.ingest import Ingest
from services.capture.opencv import quiet_opencv
from services.capture.opening import open_configured, pushed_camera, pushed_topic
from services.contract import topics as leaf
from services.contract.events import EventMessage, EventType
from services.contract.message import Message
from services.contract.settings import CameraSettings, Settings
from services.contract.status import OFF, ON, HealthDetail
from services.contract.topics import Topics
from services.runtime.controls import ControlBoard
from services.runtime.mqtt import BrokerAddress
from services.runtime.presence import control_link
from services.runtime.run import Crew
from services.runtime.state import StateFile
from services.runtime.stop import Stop

#: How often feeds are looked after: those with something under way, and when none of them has.
TICK_S, IDLE_S = 0.1, 0.5
STATS_INTERVAL_S = 2.0
MB = 1_000_000
#: What the broker counts beside the picture: topic, properties, lengths.
HEADER_BYTES = 1_000


class CaptureService:
    """All cameras of this instance, one thread and one link each."""

    name = "capture"

    def __init__(self, settings: Settings, broker: BrokerAddress) -> None:
        self._topics = Topics(settings.mqtt.prefix)
        cameras = settings.own_cameras()
        self._board = ControlBoard(
            self.name,
            cameras,
            self._topics,
            StateFile(settings.state_dir / "capture.json"),
            on_change=self._setting_changed,
        )
        self._control = control_link(broker, self._topics, self.name, settings.replica, list(cameras))
        self._feeds = {camera: self._feed(camera, own, settings, broker) for camera, own in cameras.items()}

    def _feed(self, camera: str, own: CameraSettings, settings: Settings, broker: BrokerAddress) -> Feed:
        pushed = pushed_camera(camera, own)
        feed = Feed(
            camera,
            own.capture,
            broker,
            self._topics,
            state_dir=settings.state_dir,
            max_bytes=int(settings.mqtt.max_packet_mb * MB) - HEADER_BYTES,
            open_camera=partial(open_configured, camera, own, pushed),
            on_change=self._camera_changed,
        )
        if pushed:
            Ingest(camera, pushed).attach(feed.link, pushed_topic(camera, own, self._topics))
        return feed

    def problems(self) -> list[str]:
        links = [self._control, *(feed.link for feed in self._feeds.values())]
        return sorted({link.problem for link in links if link.problem})

    def account(self) -> Mapping[str, Message]:
        """The statistics of each camera."""
        return {camera: feed.stats() for camera, feed in self._feeds.items()}

    def run(self, stop: threading.Event) -> None:
        quiet_opencv()
        self._board.load()
        self._board.attach(self._control)
        cameras, links = Crew(stop), Crew(Stop(), alarm=stop)
        links.start("capture-control", self._control.run)
        for camera, feed in self._feeds.items():
            feed.runner.load(self._board.value(camera, "interval"))
            feed.attach()
            feed.set_enabled(self._board.value(camera, "enabled"))
            self._say_health(camera, "")
            links.start(f"capture-{camera}-link", feed.link.run)
            cameras.start(f"capture-{camera}", feed.run)
        cameras.start("capture-ticks", self._tick)
        stop.wait()
        for feed in self._feeds.values():
            feed.halt()
        try:
            cameras.wait()
            for feed in self._feeds.values():
                feed.runner.close()
        finally:
            links.stop.set()  # after the cameras: what they still say is to be heard
            links.wait()

    def _tick(self, stop: threading.Event) -> None:
        said_s, wait_s = float("-inf"), TICK_S
        while not stop.wait(wait_s):
            now_s = time.monotonic()
            busy = [feed for feed in self._feeds.values() if feed.tick(now_s)]
            wait_s = TICK_S if busy else IDLE_S
            if now_s - said_s >= STATS_INTERVAL_S:
                said_s = now_s
                for feed in self._feeds.values():
                    self._say_how_it_goes(feed)

    # -- what arrives ------------------------------------------------------------------------------------

    def _setting_changed(self, camera: str, setting: str) -> None:
        value = self._board.value(camera, setting)
        if setting == "enabled":
            self._feeds[camera].set_enabled(value)
            if not value:  # what is let go has no problem
                self._say_health(camera, "")
        elif setting == "interval":
            self._feeds[camera].runner.set_interval(value)

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
