"""Events that somebody wants to keep: a marker beside the manifest says so, and survives everything."""

import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from services.archiver.places import Places
from services.archiver.uploads import Uploads
from services.archiver.workers import Workers
from services.contract.message import iso
from services.contract.topics import Topics
from services.runtime.mqtt import Delivery
from services.store import StoreRejected, StoreUnavailable
from services.store.events import newest_first

log = logging.getLogger(__name__)

#: A store that is away is asked again after so long.
RETRY_S = 5.0


class Keeps:
    """Takes `…/keep`: an event's id, or nothing for the camera's last event.

    The message is acknowledged when the marker is stored: until then the broker brings it again.
    """

    def __init__(
        self,
        topics: Topics,
        places: Places,
        uploads: Uploads,
        workers: Workers,
        last_event: Callable[[str], str | None],
    ) -> None:
        self._topics = topics
        self._places = places
        self._uploads = uploads
        self._workers = workers
        self._last_event = last_event
        self._waiting: list[tuple[str, str, Delivery]] = []
        self._lock = threading.Lock()

    def take(self, delivery: Delivery) -> None:
        camera, _ = self._topics.split(delivery.topic) or ("", "")
        event = delivery.payload.decode(errors="replace").strip()
        with self._lock:
            self._waiting.append((camera, event, delivery))

    def step(self) -> None:
        """Brings what was wished into the store, where that is there."""
        if self._uploads.standing.away:
            return
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for wish in waiting:
            self._workers.submit(self._keep, *wish)

    def _keep(self, camera: str, event: str, delivery: Delivery) -> None:
        try:
            self._mark(camera, event)
        except StoreUnavailable:
            with self._lock:
                self._waiting.append((camera, event, delivery))
            return
        except (ValueError, StoreRejected):
            log.warning("%s: %.80r on %s is no event's id", camera, event, delivery.topic)
        delivery.ack()

    def _mark(self, camera: str, event: str) -> None:
        layout, store = self._places.of(camera, event), self._uploads.store
        if not event:
            last = self._last_event(camera) or self._uploads.attempt(
                lambda: next((ref.event for ref in newest_first(store, layout, [camera])), None)
            )
            if last is None:
                log.warning("%s has no event that could be kept", camera)
                return
            event, layout = last, self._places.of(camera, last)
        key = layout.kept_key(camera, event)
        content = json.dumps({"camera": camera, "event": event, "kept": iso(datetime.now(UTC))}).encode()
        self._uploads.put(key, content, "application/json", {"camera": camera, "event": event})
        log.info("%s: the event %s is kept for good", camera, event)
