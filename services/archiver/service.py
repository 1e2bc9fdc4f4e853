"""Wires the store to MQTT: a frame is acknowledged when it is stored, an event answered when it is closed."""

import contextlib
import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from pydantic import ValidationError

from services.archiver.answers import archived, not_archived
from services.archiver.closing import Close, Closing, Look
from services.archiver.ledger import Ledger, Number
from services.archiver.restored import frames_in_store, stored_frame
from services.archiver.uploads import Stopped, Uploads
from services.contract import topics as leaf
from services.contract.archive import Manifest
from services.contract.events import EventMessage
from services.contract.frame import FrameId, NotAFrame, identify
from services.contract.handover import Handover, Resent
from services.contract.message import Message, iso
from services.contract.settings import Settings
from services.contract.status import ArchiverStats
from services.contract.topics import Topics
from services.runtime.controls import ControlBoard
from services.runtime.mqtt import BrokerAddress, Delivery, Link
from services.runtime.presence import control_link
from services.runtime.run import Crew
from services.runtime.state import StateFile
from services.store import Store, StoreRejected
from services.store.keys import KeyLayout

log = logging.getLogger(__name__)

STEP_S = 0.1
STATS_INTERVAL_S = 2.0
#: Answers remembered, for a handover that is said again because its answer was lost.
MOST_ANSWERS = 1000

Event = tuple[str, str]
"""A camera and an event's id."""


class ArchiverService:
    """Event frames from MQTT into a store, a manifest per event, and exactly one answer to each handover."""

    name = "archiver"

    def __init__(
        self, settings: Settings, broker: BrokerAddress, store: Store, *, instance: str = "1"
    ) -> None:
        self._topics = Topics(settings.mqtt.prefix)
        self._layout = KeyLayout(settings.archive.key)
        self._public_url = settings.gateway.public_url.rstrip("/")
        self._uploads = Uploads(store)
        self._threads = settings.archive.threads
        state = StateFile(settings.state_dir / "archiver.json")
        self._board = ControlBoard(self.name, settings.cameras, self._topics, state)
        self._control = control_link(broker, self._topics, self.name, instance, list(settings.cameras))
        self._frames = Link(
            broker, f"nightjar-archiver-{instance}-frames", session=True, manual_ack=True, window=20
        )
        self._ledger = Ledger()
        self._closings: dict[Event, Closing] = {}
        self._busy: set[Event] = set()
        self._answers: OrderedDict[Event, EventMessage] = OrderedDict()
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {camera: Counter() for camera in settings.cameras}

    def problems(self) -> list[str]:
        found = {self._control.problem, self._frames.problem, self._uploads.problem}
        return sorted(found - {""})

    def account(self) -> Mapping[str, Message]:
        """The statistics of each camera."""
        now = datetime.now(UTC)
        with self._lock:
            return {
                camera: ArchiverStats(
                    time=now, **{key: count[key] for key in ArchiverStats.model_fields if key != "time"}
                )
                for camera, count in self._counts.items()
            }

    def run(self, stop: threading.Event) -> None:
        self._board.load()
        self._board.attach(self._control)
        self._control.subscribe(self._topics.camera(leaf.ANY, "handover/+"), self._take_handover)
        self._control.subscribe(self._topics.camera(leaf.ANY, leaf.RESENT), self._take_resent)
        self._frames.subscribe(self._topics.event_frames(leaf.ANY, leaf.ANY), self._take_frame)
        with ThreadPoolExecutor(self._threads, "archiver-upload") as self._pool:
            self._pool.submit(self._uploads.insist, self._uploads.store.prepare)
            crew = Crew(stop)
            crew.start("archiver-control", self._control.run)
            crew.start("archiver-frames", self._frames.run)
            crew.start("archiver-steps", self._steps)
            stop.wait()
            self._uploads.give_up()
            crew.wait()
        self._uploads.store.close()

    # -- frames ------------------------------------------------------------------------------------------

    def _take_frame(self, delivery: Delivery) -> None:
        camera, rest = self._topics.split(delivery.topic) or ("", "")
        event = rest.removeprefix("event/")
        try:
            frame = identify(delivery.payload)
            key = self._layout.frame_key(frame, event) if frame else None
        except (NotAFrame, ValueError):
            frame = key = None
        if frame is None or key is None or frame.camera != camera:
            log.warning("%s: what came on %s is no frame of an event; skipped", camera, delivery.topic)
            self._count(camera, unusable=1)
            delivery.ack()
        elif not self._archiving(camera):
            delivery.ack()
        else:
            self._count(camera, waiting=1)
            self._pool.submit(self._store_frame, delivery, frame, event, key)

    def _store_frame(self, delivery: Delivery, frame: FrameId, event: str, key: str) -> None:
        """Acknowledges when the frame is in the store, and not before."""
        number = (frame.session_hex, frame.sequence)
        metadata = {
            "camera": frame.camera,
            "event": event,
            "time": iso(frame.time),
            "session": frame.session_hex,
            "sequence": str(frame.sequence),
        }
        try:
            self._uploads.put(key, delivery.payload, "image/jpeg", metadata)
        except Stopped:
            return
        except StoreRejected as rejected:
            log.error("%s: frame %d of %s: %s", frame.camera, frame.sequence, event, rejected)
            self._ledger.failed(frame.camera, event, number, str(rejected))
            self._count(frame.camera, failed=1, waiting=-1)
        else:
            self._ledger.stored(frame.camera, event, stored_frame(frame, key, delivery.payload))
            self._count(frame.camera, stored=1, stored_bytes=len(delivery.payload), waiting=-1)
        delivery.ack()

    # -- events ------------------------------------------------------------------------------------------

    def _take_handover(self, delivery: Delivery) -> None:
        try:
            handover = Handover.model_validate_json(delivery.payload)
        except ValidationError:
            log.warning("a message on %s was not understood and is ignored", delivery.topic)
            return
        key = (handover.camera, handover.event)
        with self._lock:
            known = self._answers.get(key)
            if known is None:
                self._closings.setdefault(key, Closing(handover, time.monotonic()))
        if known:
            self._say(known)

    def _take_resent(self, delivery: Delivery) -> None:
        camera, _ = self._topics.split(delivery.topic) or ("", "")
        try:
            resent = Resent.model_validate_json(delivery.payload)
        except ValidationError:
            log.warning("a message on %s was not understood and is ignored", delivery.topic)
            return
        with self._lock:
            if closing := self._closings.get((camera, resent.wanted_for)):
                closing.resent(resent)

    def _steps(self, stop: threading.Event) -> None:
        """Brings every event that is not closed yet a step further, until `stop`."""
        said_s = float("-inf")
        while not stop.wait(STEP_S):
            now_s = time.monotonic()
            for key, closing in list(self._closings.items()):
                if key not in self._busy:
                    self._step(key, closing, now_s)
            if now_s - said_s >= STATS_INTERVAL_S:
                said_s = now_s
                for camera, stats in self.account().items():
                    self._control.flash(self._topics.stats(camera, self.name), stats.payload(), retain=True)

    def _step(self, key: Event, closing: Closing, now_s: float) -> None:
        camera, event = key
        if not self._archiving(camera):
            self._finish(key, not_archived(closing.handover))
            return
        with self._lock:
            todo = closing.step(self._ledger.of(camera, event), now_s)
        if isinstance(todo, Close):
            self._in_pool(key, self._close, key, todo.manifest)
        elif isinstance(todo, Look):
            self._in_pool(key, self._look, key, todo.numbers)
        else:
            for request in todo:
                self._control.send(self._topics.camera(camera, leaf.RESEND), request.payload())

    def _in_pool(self, key: Event, action: Callable[..., None], *arguments: object) -> None:
        """Talks to the store in a thread of its own; the event waits meanwhile."""

        def act() -> None:
            with contextlib.suppress(Stopped):
                action(*arguments)
            self._busy.discard(key)

        self._busy.add(key)
        self._pool.submit(act)

    def _look(self, key: Event, numbers: frozenset[Number]) -> None:
        camera, event = key
        store = self._uploads.store
        for frame in self._uploads.insist(
            lambda: frames_in_store(store, self._layout, camera, event, numbers)
        ):
            self._ledger.stored(camera, event, frame)

    def _close(self, key: Event, manifest: Manifest) -> None:
        """Writes the manifest, the last object of an event, and says how it ended."""
        manifest_key = self._layout.manifest_key(*key)
        content = manifest.model_dump_json(indent=1).encode()
        self._uploads.put(manifest_key, content, "application/json", {"camera": key[0], "event": key[1]})
        self._count(key[0], events=1)
        self._finish(
            key, archived(manifest, content, manifest_key, self._uploads.store.bucket, self._public_url)
        )

    def _finish(self, key: Event, message: EventMessage) -> None:
        with self._lock:
            self._closings.pop(key, None)
            self._answers[key] = message
            while len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)
        self._ledger.close(*key)
        self._say(message)

    def _say(self, message: EventMessage) -> None:
        self._control.send(self._topics.camera(message.camera, leaf.EVENT), message.payload())

    # -- helpers -----------------------------------------------------------------------------------------

    def _archiving(self, camera: str) -> bool:
        return camera not in self._counts or bool(self._board.value(camera, "archiving"))

    def _count(self, camera: str, **changes: int) -> None:
        with self._lock:
            if camera in self._counts:
                self._counts[camera].update(changes)
