"""Event frames from MQTT into the store, or the spool: acknowledged when they are there, and not before."""

import logging
import time
from collections.abc import Callable

from services.archiver.hand import Arrival, Hand
from services.archiver.keeper import Keeper
from services.archiver.ledger import Ledger
from services.archiver.places import Places
from services.archiver.reasons import Reasons
from services.archiver.restored import stored_frame
from services.archiver.tally import Tally
from services.archiver.uploads import Uploads
from services.archiver.workers import Workers
from services.contract.frame import identify
from services.contract.topics import Topics
from services.runtime.mqtt import Delivery
from services.store import StoreRejected, StoreUnavailable

log = logging.getLogger(__name__)

#: Three windows. A broker that sends more has to wait, but hears from us often enough to keep the connection.
MOST_IN_HAND, WAIT_FOR_ROOM_S = 60, 0.2
#: What is no frame is logged no more often than this.
GRUMBLE_S = 1.0


class FrameIntake:
    """Takes what comes on the topics of events' frames."""

    def __init__(
        self,
        topics: Topics,
        places: Places,
        reasons: Reasons,
        *,
        hand: Hand,
        keeper: Keeper,
        uploads: Uploads,
        workers: Workers,
        ledger: Ledger,
        tally: Tally,
        archiving: Callable[[str], bool],
    ) -> None:
        self._topics = topics
        self._places = places
        self._reasons = reasons
        self._hand = hand
        self._keeper = keeper
        self._uploads = uploads
        self._workers = workers
        self._ledger = ledger
        self._tally = tally
        self._archiving = archiving
        self._grumbled_s = float("-inf")

    def take(self, delivery: Delivery) -> None:
        """Has it stored or spooled by another thread; acknowledges at once what is not to be stored."""
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
            self._hand.wait_for_room(MOST_IN_HAND, WAIT_FOR_ROOM_S)
            arrival = self._hand.take(delivery, frame, event, key)
            if self._uploads.standing.well:
                self._workers.submit(self.store, arrival)
            else:
                self._keeper.offer(arrival)

    def store(self, arrival: Arrival) -> None:
        """Brings it to the store, and offers it to the spool where the store is away."""
        if arrival.settled:  # spooled, since it waited too long for its turn
            return
        frame, event = arrival.frame, arrival.event
        stored = stored_frame(frame, arrival.key, arrival.jpeg)
        metadata = self._reasons.metadata(frame, event, stored.sha256)
        try:
            self._uploads.put(arrival.key, arrival.jpeg, "image/jpeg", metadata)
        except StoreUnavailable:
            self._keeper.offer(arrival)
            return
        except StoreRejected as rejected:
            log.error("%s: frame %d of %s: %s", frame.camera, frame.sequence, event, rejected)
            number = (frame.session_hex, frame.sequence)
            self._ledger.failed(frame.camera, event, number, str(rejected), time.monotonic())
            counts = {"failed": 1}
        else:
            self._ledger.stored(frame.camera, event, stored, time.monotonic())
            counts = {"stored": 1, "stored_bytes": len(arrival.jpeg)}
        if self._hand.settle(arrival):
            self._tally.count(frame.camera, **counts)
            arrival.delivery.ack()

    def _skip(self, camera: str, delivery: Delivery) -> None:
        self._tally.count(camera, unusable=1)
        if time.monotonic() - self._grumbled_s >= GRUMBLE_S:
            self._grumbled_s = time.monotonic()
            log.warning("%s: what came on %s is no frame of an event; skipped", camera, delivery.topic)
        delivery.ack()
