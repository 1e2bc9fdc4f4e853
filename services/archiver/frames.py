"""Event frames from MQTT into the store: acknowledged when they are stored, and not before."""

import logging
import time
from collections.abc import Callable

from services.archiver.ledger import Ledger
from services.archiver.places import Places
from services.archiver.restored import frame_metadata, stored_frame
from services.archiver.tally import Tally
from services.archiver.uploads import Uploads
from services.archiver.workers import Workers
from services.contract.frame import FrameId, identify
from services.contract.topics import Topics
from services.runtime.mqtt import Delivery
from services.store import StoreRejected

log = logging.getLogger(__name__)

#: What is no frame is logged no more often than this.
GRUMBLE_S = 1.0


class FrameIntake:
    """Takes what comes on the topics of events' frames."""

    def __init__(
        self,
        topics: Topics,
        places: Places,
        *,
        uploads: Uploads,
        workers: Workers,
        ledger: Ledger,
        tally: Tally,
        archiving: Callable[[str], bool],
    ) -> None:
        self._topics = topics
        self._places = places
        self._uploads = uploads
        self._workers = workers
        self._ledger = ledger
        self._tally = tally
        self._archiving = archiving
        self._grumbled_s = float("-inf")

    def take(self, delivery: Delivery) -> None:
        """Stores it in another thread and acknowledges it then; at once what is not to be stored."""
        camera, rest = self._topics.split(delivery.topic) or ("", "")
        event = rest.removeprefix("event/")
        try:
            frame = identify(delivery.payload)
            key = self._places.of(camera, event).frame_key(frame, event) if frame else None
        except ValueError:  # NotAFrame, or no event's id
            frame = key = None
        if frame is None or key is None or frame.camera != camera or frame.sequence < 1:
            self._skip(camera, delivery)
        elif not self._archiving(camera):
            delivery.ack()
        else:
            self._tally.count(camera, waiting=1)
            self._workers.submit(self._store, delivery, frame, event, key)

    def _skip(self, camera: str, delivery: Delivery) -> None:
        self._tally.count(camera, unusable=1)
        if time.monotonic() - self._grumbled_s >= GRUMBLE_S:
            self._grumbled_s = time.monotonic()
            log.warning("%s: what came on %s is no frame of an event; skipped", camera, delivery.topic)
        delivery.ack()

    def _store(self, delivery: Delivery, frame: FrameId, event: str, key: str) -> None:
        number = (frame.session_hex, frame.sequence)
        try:
            self._uploads.put(key, delivery.payload, "image/jpeg", frame_metadata(frame, event))
        except StoreRejected as rejected:
            log.error("%s: frame %d of %s: %s", frame.camera, frame.sequence, event, rejected)
            self._ledger.failed(frame.camera, event, number, str(rejected), time.monotonic())
            self._tally.count(frame.camera, failed=1, waiting=-1)
        else:
            stored = stored_frame(frame, key, delivery.payload)
            self._ledger.stored(frame.camera, event, stored, time.monotonic())
            self._tally.count(frame.camera, stored=1, stored_bytes=len(delivery.payload), waiting=-1)
        delivery.ack()
