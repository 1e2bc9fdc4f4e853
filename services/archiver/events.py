"""Handovers from MQTT, each brought to its end step by step and answered exactly once."""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from pydantic import ValidationError

from services.archiver.answers import archived, not_archived, rejected, spooled
from services.archiver.closing import Close, Closing, Look, SetAside
from services.archiver.hand import Hand
from services.archiver.lately import Lately
from services.archiver.ledger import EventAccount, Ledger, Number
from services.archiver.places import Places
from services.archiver.reasons import Reasons
from services.archiver.restored import look_at_event
from services.archiver.spool import Event, Spool, SpoolUnusable, Waiting
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
from services.store import StoreRejected, StoreUnavailable

log = logging.getLogger(__name__)

#: Answers remembered, for a handover that is said again because its answer was lost.
MOST_ANSWERS = 1000
#: An event of which a frame came so lately is open, whatever else is known of it.
STILL_OPEN_S = 3600.0
#: Events that were set aside are taken up again at most so many at a time: what they consist of takes memory.
MOST_TAKEN_UP = 8


class EventEnds:
    """The events that were handed over: those that are not closed yet, and the answers to the others.

    An event whose frames are with us while the store is away is set aside in the spool, where it needs no
    memory, and taken up again when its frames have been drained and the store may be asked.
    """

    def __init__(
        self,
        topics: Topics,
        places: Places,
        reasons: Reasons,
        link: Link,
        *,
        hand: Hand,
        spool: Spool,
        uploads: Uploads,
        workers: Workers,
        ledger: Ledger,
        tally: Tally,
        archiving: Callable[[str], bool],
        page_or_link: Callable[[Manifest, str], str | None],
    ) -> None:
        self._topics = topics
        self._places = places
        self._reasons = reasons
        self._link = link
        self._hand = hand
        self._spool = spool
        self._uploads = uploads
        self._summaries = Summaries(uploads)
        self._workers = workers
        self._ledger = ledger
        self._tally = tally
        self._archiving = archiving
        self._page_or_link = page_or_link
        self._lock = threading.Lock()
        self._closings: dict[Event, Closing] = {}
        self._busy: set[Event] = set()
        self._answers = Lately[bytes](MOST_ANSWERS)
        self._heard: deque[Event] = deque()  # set aside, answered, and the broker has the answer
        self.problem = ""

    # -- what arrives ------------------------------------------------------------------------------------

    def take_handover(self, delivery: Delivery) -> None:
        try:
            handover = Handover.model_validate_json(delivery.payload)
            self._places.settle(handover)
            self._reasons.settle(handover)
        except ValueError:  # also for an id that is no time, or a prefix that leads astray
            log.warning("a message on %s was not understood and is ignored", delivery.topic)
            return
        key = (handover.camera, handover.event)
        with self._lock:
            known = self._answers.get(*key)
            if known is None and self._spool.is_set_aside(key):
                known = spooled(handover, self._uploads.standing.problem).payload()
            if known is None:
                self._closings.setdefault(key, Closing(handover, time.monotonic()))
        if known:
            self._say(handover.camera, known)

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

    @property
    def pending(self) -> bool:
        """Whether an event waits for the store to be closed."""
        return bool(self._closings) or any(map(self._spool.is_set_aside, self._spool.events()))

    def is_open(self, camera: str, event: str) -> bool:
        """Whether frames of it, or its end, are in our hands."""
        key = (camera, event)
        in_spool = self._spool.is_set_aside(key) or self._spool.has_frames(key)
        since_s = time.monotonic() - STILL_OPEN_S
        return key in self._closings or in_spool or self._ledger.heard_of(camera, event, since_s)

    def step(self, now_s: float) -> None:
        """Brings every event that is not closed yet a step further."""
        while self._heard:
            self._spool.forget(self._heard.popleft())
        self._take_up_again(now_s)
        with self._lock:
            idle = [key for key in self._closings if key not in self._busy]
        for key in idle:
            self._step(key, now_s)

    def _take_up_again(self, now_s: float) -> None:
        """Events that were set aside, when all of their frames are in the store."""
        if self._uploads.standing.away or len(self._spool) == 0:
            return
        for event in self._spool.events():
            if len(self._closings) >= MOST_TAKEN_UP:
                return
            known = event in self._closings or event in self._answers
            if known or self._spool.has_frames(event) or not self._spool.is_set_aside(event):
                continue
            if waiting := self._spool.waiting(event):
                self._remember(event, waiting, now_s)
            else:
                self._spool.forget(event)

    def _remember(self, event: Event, waiting: Waiting, now_s: float) -> None:
        for frame in waiting.stored:
            self._ledger.stored(*event, frame, now_s)
        for session, sequence, why in waiting.failed:
            self._ledger.failed(*event, (session, sequence), why, now_s)
        with self._lock:
            self._closings[event] = Closing(waiting.handover, now_s)

    def _step(self, key: Event, now_s: float) -> None:
        camera, event = key
        with self._lock:
            closing = self._closings[key]
            account = self._ledger.of(camera, event)
            archiving = self._archiving(camera) or self._spool.is_set_aside(key)
            todo = (
                closing.step(
                    account,
                    now_s,
                    reachable=not self._uploads.standing.away,
                    coming=self._hand.holds(camera, event),
                )
                if archiving
                else []
            )
        if not archiving:
            self._finish(key, not_archived(closing.handover))
        elif isinstance(todo, Close):
            self._in_pool(key, lambda: self._close(key, closing, todo.manifest))
        elif isinstance(todo, Look):
            self._in_pool(key, lambda: self._look(key, closing, todo.known))
        elif isinstance(todo, SetAside):
            self._set_aside(key, closing.handover, account)
        else:
            for request in todo:
                self._link.send(self._topics.camera(camera, leaf.RESEND), request.payload())

    def _in_pool(self, key: Event, action: Callable[[], None]) -> None:
        """Talks to the store in a thread of its own; the event waits meanwhile."""

        def act() -> None:
            with contextlib.suppress(StoreUnavailable):  # known by now; the next step finds another way
                action()
            with self._lock:
                self._busy.discard(key)

        with self._lock:
            self._busy.add(key)
        self._workers.submit(act)

    def _look(self, key: Event, closing: Closing, known: frozenset[str]) -> None:
        """In the event's folder, and where its frames went before anybody knew of that one."""
        store, there = self._uploads.store, set[str]()
        try:
            for layout in dict.fromkeys((self._places.default, self._places.of(*key))):
                seen = self._uploads.attempt(partial(look_at_event, store, layout, *key, known))
                there |= seen.there
                for frame in seen.restored:
                    self._ledger.stored(*key, frame, time.monotonic())
                    there.add(frame.key)
        except StoreUnavailable:
            with self._lock:
                closing.look_again()
            raise
        with self._lock:
            closing.saw(there)
        if gone := self._ledger.vanished(*key, known - there):
            log.warning(
                "%s: %d frames of %s are gone from %s, where they had been stored; they are asked for again",
                key[0],
                gone,
                key[1],
                store.describe(),
            )

    def _set_aside(self, key: Event, handover: Handover, account: EventAccount) -> None:
        """On our disk it outlives us, and whoever handed it over may let go."""
        is_new = not self._spool.is_set_aside(key)
        if is_new:
            failed = [(session, sequence, why) for (session, sequence), why in account.failed.items()]
            try:
                self._spool.set_aside(
                    Waiting(handover=handover, stored=list(account.stored.values()), failed=failed)
                )
            except SpoolUnusable as error:
                self.problem = str(error)
                return
        self.problem = ""
        with self._lock:
            self._closings.pop(key, None)
        self._ledger.close(*key)
        if is_new:
            self._say(key[0], spooled(handover, self._uploads.standing.problem).payload())

    def _close(self, key: Event, closing: Closing, manifest: Manifest) -> None:
        """Writes what stands beside the frames, the last objects of an event, and says how it ended."""
        handover, layout, away = closing.handover, self._places.of(*key), self._places.default
        manifest_key = layout.manifest_key(*key)
        try:
            if layout != away:
                manifest = _at_home(
                    manifest, bring_home(self._uploads, away, layout, *key, reasons=self._reasons)
                )
            content = manifest.file()
            about = {"camera": key[0], "event": key[1]}
            self._uploads.put_at_once(manifest_key, content, "application/json", about)
            if handover.summary:
                self._summaries.keep(handover.summary)
        except StoreRejected as error:
            self._finish(key, rejected(handover, str(error)))
            return
        except StoreUnavailable:  # who knows what became of the frames
            with self._lock:
                closing.look_again()
            raise
        missing = sum(gap.last - gap.first + 1 for gap in manifest.missing)
        self._tally.count(key[0], events=1, missing=missing)
        url = self._page_or_link(manifest, manifest_key)
        self._finish(key, archived(manifest, content, manifest_key, self._uploads.store.bucket, url))

    def _finish(self, key: Event, message: EventMessage) -> None:
        answer = message.payload()
        with self._lock:
            self._closings.pop(key, None)
            self._answers.put(*key, answer)
        self._ledger.close(*key)
        if self._spool.is_set_aside(key):  # nobody says the handover again: until it is heard, we might die
            self._say(key[0], answer, lambda: self._heard.append(key))
        else:
            self._say(key[0], answer)

    def _say(self, camera: str, answer: bytes, on_taken: Callable[[], None] | None = None) -> None:
        self._link.send(self._topics.camera(camera, leaf.EVENT), answer, on_taken=on_taken)


def _at_home(manifest: Manifest, moved: dict[Number, StoredFrame]) -> Manifest:
    frames = [moved.get((frame.session, frame.sequence), frame) for frame in manifest.frames]
    return manifest.model_copy(update={"frames": frames})
