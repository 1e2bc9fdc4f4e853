"""One camera, from its pictures to numbered frames on MQTT: live, on a schedule, and again where missed."""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from services.capture.attendant import Attendant
from services.capture.cameras import Camera, NextNumber, Picture, StepsOf
from services.capture.demand import Demand
from services.capture.experiments import Memory, Runner
from services.capture.preview import preview
from services.capture.repairs import Repairs
from services.capture.ring import Ring
from services.capture.slabs import Slabs
from services.contract import topics as leaf
from services.contract.frame import Frame, FrameId, NotAFrame, stamped
from services.contract.handover import Resend
from services.contract.settings import CaptureSettings
from services.contract.status import OFFLINE, ONLINE, CaptureStats
from services.contract.topics import Topics
from services.runtime.mqtt import BrokerAddress, Delivery, Link, Parcel, Will
from services.runtime.rates import Rate

log = logging.getLogger(__name__)

PREVIEW_INTERVAL_S = 1.0
#: A camera that is asked for its pictures hears of a new deadline within 0.2 s.
LEAD_S = 0.3
MB = 1_000_000

OpenCamera = Callable[[NextNumber, StepsOf], Camera]
"""Opens the camera, given the number of its next picture, and when it is to be asked for one."""


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
        state_dir: Path,
        max_bytes: int,
        open_camera: OpenCamera,
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
            f"{topics.prefix}-capture-{camera}",
            will=Will(self._status_topic, OFFLINE.encode()),
            max_outbox_bytes=int(settings.outbox_mb * MB),
            on_lost=self._count_lost,
        )
        self._session = secrets.randbits(64)
        self._slabs = Slabs()
        self._ring = Ring(int(settings.ring_mb * MB), settings.ring_seconds)
        self.runner = Runner(
            camera,
            topics,
            link=self.link,
            memory=Memory(state_dir / "experiments" / camera),
            configured=settings.experiments,
            written=settings.experiment,
            max_bytes=int(settings.experiment_mb * MB),
            lead_s=LEAD_S,
        )
        self._repairs = Repairs(camera, f"{self._session:016x}", topics, self._get)
        self._attendant = Attendant(camera, self, reset=settings.reset, reset_after=settings.reset_after)
        self._demand = Demand()
        self._sequence = self._published = self._lost = self._broken = 0
        self._too_large = False
        self._rate = Rate()
        self._live_at_s = self._preview_at_s = float("-inf")

    # -- what others ask of it -------------------------------------------------------------------------

    def set_enabled(self, enabled: bool) -> None:
        """Off: the camera is let go, and no picture of it leaves capture."""
        self._attendant.set_enabled(enabled)

    def attach(self) -> None:
        """Listens for whoever misses frames, on the link that brings them: where they flow, it is heard."""
        self.link.subscribe(self._topics.camera(self.camera, leaf.RESEND), self._resend)
        self.runner.attach()
        if self._settings.on_demand:
            self._demand.attach(self.link, self._topics, self.camera)
        self.link.hold(self._status_topic, OFFLINE.encode())

    def tick(self, now_s: float) -> bool:
        """What is due without a picture: repairs that no live frame leads, schedules, and who wants what.

        Whether it is to be called again soon; once in a while it always is.
        """
        if now_s - self._live_at_s > 0.5:
            self._give_repairs()
        self.runner.tick()
        if self._settings.on_demand:
            self._attendant.set_wanted(self._demand.wanted or self.runner.running)
        return self._settings.on_demand or self.runner.running or self._repairs.due

    def stats(self) -> CaptureStats:
        return CaptureStats(
            time=datetime.now(UTC),
            session=f"{self._session:016x}",
            last_sequence=self._sequence,
            fps=round(self._rate.per_second(time.monotonic()), 2),
            captured=self._sequence,
            skipped=self._broken + self._attendant.skipped,
            published=self._published,
            lost=self._lost,
            resent=self._repairs.given,
            outbox_frames=len(self.link.outbox),
            outbox_bytes=self.link.outbox.bytes,
            outbox_filled=round(self.link.outbox.filled, 3),
            reconnects=self._attendant.reconnects,
            away_s=round(self._attendant.away_s, 1),
            experiment=self.runner.experiment,
        )

    # -- life ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Takes pictures until `stop`, over every loss of the camera."""
        self._attendant.run(self._open_camera(lambda: self._sequence + 1, self.runner.steps), stop)

    def halt(self) -> None:
        """Lets the camera go at once; `run` returns when its `stop` is set too."""
        self._attendant.halt()

    # -- what its attendant tells ----------------------------------------------------------------------

    def take(self, picture: Picture) -> bool:
        """Gives the picture its number and sends it; whether it became a frame."""
        now_s = time.monotonic()
        frame = FrameId(self.camera, self._session, self._sequence + 1, picture.time)
        try:
            jpeg = stamped(picture.jpeg, frame)
        except NotAFrame:
            self._broken += 1
            return False
        if len(jpeg) > self._max_bytes:
            self._leave_out(len(jpeg))
            return False
        jpeg = self._slabs.put(jpeg)
        self._sequence = frame.sequence
        self._live_at_s = now_s
        self._rate.mark(now_s)
        self._ring.put(frame.sequence, jpeg, now_s)
        self.link.send(self._live_topic, jpeg, on_taken=self._count_published)
        if self.runner.running:
            self.runner.take(Frame(frame, bytes(jpeg)))
        self._give_repairs()
        if self._settings.preview and now_s - self._preview_at_s >= PREVIEW_INTERVAL_S:
            self._preview_at_s = now_s
            if small := preview(picture.jpeg):
                self.link.flash(self._topics.frames(self.camera, leaf.PREVIEW), small, retain=True)
        return True

    def back(self, outage_s: float | None) -> None:
        self.link.hold(self._status_topic, ONLINE.encode())
        if outage_s is not None:
            self._on_change(self.camera, "", outage_s)

    def gone(self, problem: str) -> None:
        self.link.hold(self._status_topic, OFFLINE.encode())
        self._on_change(self.camera, problem, 0.0)

    def off(self) -> None:
        self.link.hold(self._status_topic, OFFLINE.encode())

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

    def _get(self, sequence: int) -> bytes | None:
        return self._ring.get(sequence) or self.runner.get(sequence)

    def _give_repairs(self) -> None:
        for topic, jpeg in self._repairs.next():
            self.link.send(topic, jpeg)

    # -- the account --------------------------------------------------------------------------------------

    def _count_published(self) -> None:
        self._published += 1

    def _count_lost(self, parcel: Parcel) -> None:
        if parcel.topic == self._live_topic:
            self._lost += 1
