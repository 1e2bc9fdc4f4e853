"""Handovers from MQTT, each brought to its end step by step and answered exactly once."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from pydantic import ValidationError

from services.archiver.answers import archived, not_archived, rejected
from services.archiver.closing import Close, Closing, Look
from services.archiver.ledger import Ledger, Number
from services.archiver.places import Places
from services.archiver.restored import frames_in_store
from services.archiver.strays import bring_home
from services.archiver.summaries import Summaries
from services.archiver.tally import Tally
from services.archiver.uploads import Uploads
from services.archiver.workers import Workers
from services.contract import topics as leaf
from services.contract.archive import Manifest, StoredFrame
from services.contract.events import EventMessage
from services.contract.handover import Handover, Resent
from services.contract.topics import Topics
from services.runtime.mqtt import Delivery, Link
from services.store import StoreRejected

log = logging.getLogger(__name__)

#: Answers remembered, for a handover that is said again because its answer was lost.
MOST_ANSWERS = 1000

Event = tuple[str, str]
"""A camera and an event's id."""


class EventEnds:
    """The events that were handed over: those that are not closed yet, and the answers to the others."""

    def __init__(
        self,
        topics: Topics,
        places: Places,
        link: Link,
        *,
        uploads: Uploads,
        workers: Workers,
        ledger: Ledger,
        tally: Tally,
        archiving: Callable[[str], bool],
        public_url: str,
    ) -> None:
        self._topics = topics
        self._places = places
        self._link = link
        self._uploads = uploads
        self._summaries = Summaries(uploads)
        self._workers = workers
        self._ledger = ledger
        self._tally = tally
        self._archiving = archiving
        self._public_url = public_url
        self._lock = threading.Lock()
        self._closings: dict[Event, Closing] = {}
        self._busy: set[Event] = set()
        self._answers: OrderedDict[Event, EventMessage] = OrderedDict()

    # -- what arrives ------------------------------------------------------------------------------------

    def take_handover(self, delivery: Delivery) -> None:
        try:
            handover = Handover.model_validate_json(delivery.payload)
            self._places.settle(handover)
        except ValueError:  # also for an id that is no time, or a prefix that leads astray
            log.warning("a message on %s was not understood and is ignored", delivery.topic)
            return
        key = (handover.camera, handover.event)
        with self._lock:
            known = self._answers.get(key)
            if known is None:
                self._closings.setdefault(key, Closing(handover, time.monotonic()))
        if known:
            self._say(known)

    def take_resent(self, delivery: Delivery) -> None:
        camera, _ = self._topics.split(delivery.topic) or ("", "")
        try:
            resent = Resent.model_validate_json(delivery.payload)
        except ValidationError:
            log.warning("a message on %s was not understood and is ignored", delivery.topic)
            return
        with self._lock:
            if closing := self._closings.get((camera, resent.wanted_for)):
                closing.resent(resent)

    # -- time passes -------------------------------------------------------------------------------------

    def step(self, now_s: float) -> None:
        """Brings every event that is not closed yet a step further."""
        with self._lock:
            idle = [key for key in self._closings if key not in self._busy]
        for key in idle:
            self._step(key, now_s)

    def _step(self, key: Event, now_s: float) -> None:
        camera, event = key
        with self._lock:
            closing = self._closings[key]
            archiving = self._archiving(camera)
            todo = closing.step(self._ledger.of(camera, event), now_s) if archiving else []
        if not archiving:
            self._finish(key, not_archived(closing.handover))
        elif isinstance(todo, Close):
            self._in_pool(key, lambda: self._close(key, closing.handover, todo.manifest))
        elif isinstance(todo, Look):
            self._in_pool(key, lambda: self._look(key, todo.known))
        else:
            for request in todo:
                self._link.send(self._topics.camera(camera, leaf.RESEND), request.payload())

    def _in_pool(self, key: Event, action: Callable[[], None]) -> None:
        """Talks to the store in a thread of its own; the event waits meanwhile."""

        def act() -> None:
            action()
            with self._lock:
                self._busy.discard(key)

        with self._lock:
            self._busy.add(key)
        self._workers.submit(act)

    def _look(self, key: Event, known: frozenset[str]) -> None:
        """In the event's folder, and where its frames went before anybody knew of that one."""
        store = self._uploads.store
        for layout in dict.fromkeys((self._places.default, self._places.of(*key))):
            for frame in self._uploads.insist(partial(frames_in_store, store, layout, *key, known)):
                self._ledger.stored(*key, frame, time.monotonic())

    def _close(self, key: Event, handover: Handover, manifest: Manifest) -> None:
        """Writes what stands beside the frames, the last objects of an event, and says how it ended."""
        layout, away = self._places.of(*key), self._places.default
        manifest_key = layout.manifest_key(*key)
        try:
            if layout != away:
                manifest = _at_home(manifest, bring_home(self._uploads, away, layout, *key))
            content = manifest.file()
            self._uploads.put(manifest_key, content, "application/json", {"camera": key[0], "event": key[1]})
            if handover.summary:
                self._summaries.keep(handover.summary)
        except StoreRejected as error:
            self._finish(key, rejected(handover, str(error)))
            return
        self._tally.count(key[0], events=1)
        bucket = self._uploads.store.bucket
        self._finish(key, archived(manifest, content, manifest_key, bucket, self._public_url))

    def _finish(self, key: Event, message: EventMessage) -> None:
        with self._lock:
            self._closings.pop(key, None)
            self._answers[key] = message
            while len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)
        self._ledger.close(*key)
        self._say(message)

    def _say(self, message: EventMessage) -> None:
        self._link.send(self._topics.camera(message.camera, leaf.EVENT), message.payload())


def _at_home(manifest: Manifest, moved: dict[Number, StoredFrame]) -> Manifest:
    frames = [moved.get((frame.session, frame.sequence), frame) for frame in manifest.frames]
    return manifest.model_copy(update={"frames": frames})
