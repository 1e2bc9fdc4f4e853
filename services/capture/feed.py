"""One camera, from its pictures to numbered frames on MQTT; it comes back by itself for ever."""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from services.capture.cameras import Camera, CameraLost, CameraMisconfigured, Picture
from services.capture.preview import preview
from services.capture.repairs import Repairs
from services.capture.ring import Ring
from services.contract import topics as leaf
from services.contract.frame import FrameId, NotAFrame, stamp
from services.contract.handover import Resend
from services.contract.settings import CaptureSettings
from services.contract.status import OFFLINE, ONLINE, CaptureStats
from services.contract.topics import Topics
from services.runtime.backoff import Backoff
from services.runtime.mqtt import BrokerAddress, Delivery, Link, Parcel, Will
from services.runtime.rates import Rate

log = logging.getLogger(__name__)

PREVIEW_INTERVAL_S = 1.0
MB = 1_000_000


class Feed:
    """A camera's thread and its MQTT link.

    `on_change(camera, problem, outage_s)` is told when the camera goes (a sentence, 0) and when it is back
    (an empty problem, seconds that it was away). A frame of more than `max_bytes` is left out: the broker
    would close the connection over it, again and again.
    """

    def __init__(
        self,
        camera: str,
        settings: CaptureSettings,
        broker: BrokerAddress,
        topics: Topics,
        *,
        max_bytes: int,
        open_camera: Callable[[Callable[[], int]], Camera],
        on_change: Callable[[str, str, float], None],
    ) -> None:
        self.camera = camera
        self._settings = settings
        self._topics = topics
        self._max_bytes = max_bytes
        self._open_camera = open_camera
        self._on_change = on_change
        self._status_topic = topics.camera(camera, leaf.STATUS)
        self._live_topic = topics.frames(camera, leaf.LIVE)
        self.link = Link(
            broker,
            f"nightjar-capture-{camera}",
            will=Will(self._status_topic, OFFLINE.encode()),
            max_outbox_bytes=int(settings.outbox_mb * MB),
            on_lost=self._count_lost,
        )
        self._session = secrets.randbits(64)
        self._ring = Ring(int(settings.ring_mb * MB), settings.ring_seconds)
        self._repairs = Repairs(camera, f"{self._session:016x}", topics, self._ring.get)
        self._halt = threading.Event()
        self._enabled = threading.Event()
        self._ended = threading.Event()
        self._sequence = self._published = self._lost = self._broken = self._reconnects = 0
        self._too_large = False
        self._source: Camera | None = None
        self._rate = Rate()
        self._live_at_s = self._preview_at_s = float("-inf")
        self._away_since_s: float | None = None

    # -- what others ask of it -------------------------------------------------------------------------

    def set_enabled(self, enabled: bool) -> None:
        """Off: the camera is let go, and no picture of it leaves capture."""
        if enabled:
            self._enabled.set()
        else:
            self._enabled.clear()
            self._halt.set()

    def attach(self) -> None:
        """Listens for whoever misses frames, on the link that brings them: where they flow, it is heard."""
        self.link.subscribe(self._topics.camera(self.camera, leaf.RESEND), self._resend)

    def tick(self, now_s: float) -> None:
        """Gives repairs while there is no live frame for them to follow."""
        if now_s - self._live_at_s > 0.5:
            self._give_repairs()

    def stats(self) -> CaptureStats:
        return CaptureStats(
            time=datetime.now(UTC),
            session=f"{self._session:016x}",
            last_sequence=self._sequence,
            fps=round(self._rate.per_second(time.monotonic()), 2),
            captured=self._sequence,
            skipped=self._broken + (self._source.skipped if self._source else 0),
            published=self._published,
            lost=self._lost,
            resent=self._repairs.given,
            outbox_frames=len(self.link.outbox),
            outbox_bytes=self.link.outbox.bytes,
            reconnects=self._reconnects,
        )

    # -- life ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Takes pictures until `stop`, over every loss of the camera."""
        self._source = camera = self._open_camera(lambda: self._sequence + 1)
        backoff = Backoff()
        while not stop.is_set():
            self._halt.clear()
            if not self._enabled.wait(0.2):
                continue
            if stop.is_set():
                return
            before = self._sequence
            try:
                for picture in camera.pictures(self._halt):
                    if self._halt.is_set():  # switched off: not one more
                        break
                    self._take(picture)
                problem, delay_s = "", 0.0
            except CameraLost as lost:
                problem, delay_s = str(lost), 0.0
            except CameraMisconfigured as wrong:
                problem, delay_s = str(wrong), 60.0
            if self._halt.is_set():
                self.link.hold(self._status_topic, OFFLINE.encode())
                continue
            if not problem:  # a file that is played once
                self._gone("its file is over")
                stop.wait()
                return
            if self._sequence > before:
                backoff.reset()
            self._gone(problem)
            self._reconnects += 1
            self._halt.wait(max(delay_s, backoff.next()))

    def halt(self) -> None:
        """Lets the camera go at once; `run` returns when its `stop` is set too."""
        self._halt.set()
        self._enabled.set()

    def _take(self, picture: Picture) -> None:
        now_s = time.monotonic()
        frame = FrameId(self.camera, self._session, self._sequence + 1, picture.time)
        try:
            jpeg = stamp(picture.jpeg, frame)
        except NotAFrame:
            self._broken += 1
            return
        if len(jpeg) > self._max_bytes:
            self._leave_out(len(jpeg))
            return
        self._sequence = frame.sequence
        self._ring.put(frame.sequence, jpeg, now_s)
        self.link.send(self._live_topic, jpeg, on_taken=self._count_published)
        self._live_at_s = now_s
        self._rate.mark(now_s)
        self._back(now_s)
        self._give_repairs()
        if self._settings.preview and now_s - self._preview_at_s >= PREVIEW_INTERVAL_S:
            self._preview_at_s = now_s
            if small := preview(jpeg):
                self.link.flash(self._topics.frames(self.camera, leaf.PREVIEW), small, retain=True)

    def _leave_out(self, size: int) -> None:
        self._broken += 1
        if not self._too_large:
            self._too_large = True
            log.warning(
                "%s: pictures of %.1f MB are left out, the broker takes none that large; "
                "lower the camera's resolution or quality, or raise mqtt.max_packet_mb",
                self.camera, size / MB,
            )  # fmt: skip

    def _resend(self, delivery: Delivery) -> None:
        try:
            request = Resend.model_validate_json(delivery.payload)
            answer = self._repairs.ask(request) if request.ask == "capture" else None
        except ValueError:
            log.warning("a message on %s was not understood and is ignored", delivery.topic)
            return
        if answer:
            self.link.send(self._topics.camera(self.camera, leaf.RESENT), answer.payload())

    def _give_repairs(self) -> None:
        for topic, jpeg in self._repairs.next():
            self.link.send(topic, jpeg)

    # -- coming and going --------------------------------------------------------------------------------

    def _back(self, now_s: float) -> None:
        self.link.hold(self._status_topic, ONLINE.encode())
        if self._away_since_s is not None:
            outage_s, self._away_since_s = now_s - self._away_since_s, None
            log.info("%s: the camera is back after %.0f s", self.camera, outage_s)
            self._on_change(self.camera, "", outage_s)

    def _gone(self, problem: str) -> None:
        self.link.hold(self._status_topic, OFFLINE.encode())
        if self._away_since_s is None:
            self._away_since_s = time.monotonic()
            log.warning("%s: %s; trying again for as long as it takes", self.camera, problem)
            self._on_change(self.camera, problem, 0.0)

    def _count_published(self) -> None:
        self._published += 1

    def _count_lost(self, parcel: Parcel) -> None:
        if parcel.topic == self._live_topic:
            self._lost += 1
