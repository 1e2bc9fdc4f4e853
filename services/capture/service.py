"""Wires the cameras to MQTT: status, health, settings at run time and statistics."""

import logging
import os
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

import cv2

from services.capture.cameras import Camera, CameraOptions, NextNumber, open_camera
from services.capture.feed import Feed
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

log = logging.getLogger(__name__)

TICK_S = 0.1
STATS_INTERVAL_S = 2.0
MB = 1_000_000
#: What the broker counts beside the picture: topic, properties, lengths.
HEADER_BYTES = 1_000


class CaptureService:
    """All cameras of this instance, one thread and one link each."""

    name = "capture"

    def __init__(self, settings: Settings, broker: BrokerAddress, instance: str = "1") -> None:
        self._topics = Topics(settings.mqtt.prefix)
        self._board = ControlBoard(
            self.name,
            settings.cameras,
            self._topics,
            StateFile(settings.state_dir / "capture.json"),
            self._setting_changed,
        )
        self._control = control_link(broker, self._topics, self.name, instance, list(settings.cameras))
        self._feeds = {
            camera: Feed(
                camera,
                own.capture,
                broker,
                self._topics,
                max_bytes=int(settings.mqtt.max_packet_mb * MB) - HEADER_BYTES,
                open_camera=partial(_open, own),
                on_change=self._camera_changed,
            )
            for camera, own in settings.cameras.items()
        }

    def problems(self) -> list[str]:
        links = [self._control, *(feed.link for feed in self._feeds.values())]
        return sorted({link.problem for link in links if link.problem})

    def account(self) -> Mapping[str, Message]:
        """The statistics of each camera."""
        return {camera: feed.stats() for camera, feed in self._feeds.items()}

    def run(self, stop: threading.Event) -> None:
        _quiet_opencv()
        self._board.load()
        self._board.attach(self._control)
        for camera, feed in self._feeds.items():
            feed.attach()
            feed.set_enabled(self._board.value(camera, "enabled"))
            self._say_health(camera, "")
        crew = Crew(stop)
        crew.start("capture-control", self._control.run)
        for camera, feed in self._feeds.items():
            crew.start(f"capture-{camera}-link", feed.link.run)
            crew.start(f"capture-{camera}", feed.run)
        crew.start("capture-ticks", self._tick)
        stop.wait()
        for feed in self._feeds.values():
            feed.halt()
        crew.wait()

    def _tick(self, stop: threading.Event) -> None:
        said_s = float("-inf")
        while not stop.wait(TICK_S):
            now_s = time.monotonic()
            for feed in self._feeds.values():
                feed.tick(now_s)
            if now_s - said_s >= STATS_INTERVAL_S:
                said_s = now_s
                for camera, stats in self.account().items():
                    self._control.flash(self._topics.stats(camera, self.name), stats.payload(), retain=True)

    # -- what arrives ------------------------------------------------------------------------------------

    def _setting_changed(self, camera: str, setting: str) -> None:
        if setting == "enabled":
            self._feeds[camera].set_enabled(self._board.value(camera, setting))

    # -- what is said --------------------------------------------------------------------------------------

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


def _quiet_opencv() -> None:
    """FFmpeg and OpenCV write every failed attempt to standard error; we say it in a sentence, once."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)


def _open(settings: CameraSettings, next_number: NextNumber) -> Camera:
    own = settings.capture
    options = CameraOptions(
        max_fps=own.fps,
        quality=own.quality,
        rtsp_transport=own.rtsp_transport,
        verify_tls=own.verify_tls,
        connect_timeout_s=own.connect_timeout,
        stall_timeout_s=own.stall_timeout,
    )
    return open_camera(settings.url, options, next_number)
