"""Brings what waits in the spool to the store, event by event, and asks after a store that is away."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial

from services.archiver.ledger import Ledger
from services.archiver.places import Places
from services.archiver.reasons import Reasons
from services.archiver.restored import stored_frame
from services.archiver.spool import Event, Record, Segment, Spool
from services.archiver.tally import Tally
from services.archiver.uploads import Stopped, Uploads
from services.contract.frame import NotAFrame, identify
from services.store import StoreRejected, StoreUnavailable

log = logging.getLogger(__name__)

#: How often it looks whether there is something to do.
LOOK_S = 0.2
#: After a file that could not be read.
UNREADABLE_S = 10.0


class Drain:
    """With as many uploads at a time as there are threads; a file is gone when all of it is in the store.

    `waits` says whether anything else waits for the store: then its trial is not over.
    """

    def __init__(
        self,
        spool: Spool,
        uploads: Uploads,
        *,
        places: Places,
        reasons: Reasons,
        ledger: Ledger,
        tally: Tally,
        threads: int,
        newest_first: bool,
        waits: Callable[[], bool] = lambda: False,
    ) -> None:
        self._spool = spool
        self._uploads = uploads
        self._places = places
        self._reasons = reasons
        self._ledger = ledger
        self._tally = tally
        self._threads = threads
        self._newest_first = newest_first
        self._waits = waits
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        self._stop = stop
        with ThreadPoolExecutor(self._threads, "archiver-drain") as pool:
            while not stop.wait(LOOK_S):
                self._uploads.probe()
                while not stop.is_set() and self.step(pool):
                    pass

    def step(self, pool: ThreadPoolExecutor) -> bool:
        """Drains a file, if there is one and the store takes it; says whether it did."""
        if self._uploads.standing.away:
            return False
        found = self._spool.next(newest_first=self._newest_first)
        if found is None:
            if not self._waits():
                self._uploads.standing.nothing_waits()
            return False
        event, segment = found
        try:
            is_done = self._drain(event, segment, pool)
        except OSError as error:
            log.error("%s cannot be read (%s)", segment.path, (error.strerror or str(error)).lower())
            self._stop.wait(UNREADABLE_S)
            return False
        if is_done:
            if lost := segment.count - len(segment.drained):
                log.error("%s is damaged: %d of its frames cannot be read any more", segment.path, lost)
                self._ledger.unreadable(*event, self._numbers_of(segment))
            self._spool.remove(event, segment)
        return is_done

    def _drain(self, event: Event, segment: Segment, pool: ThreadPoolExecutor) -> bool:
        """Whether all that can be read of it is in the store now."""
        bring = partial(self._bring, event, segment)
        return all(_in_parallel(pool, bring, segment.read(), 2 * self._threads))

    def _bring(self, event: Event, segment: Segment, record: Record) -> bool:
        """Whether it is in the store, or given up for good."""
        if self._stop.is_set():
            return False
        try:
            self._put(event, record)
        except (StoreUnavailable, Stopped):
            return False
        segment.drained.add(record.offset)
        return True

    def _put(self, event: Event, record: Record) -> None:
        camera, event_id = event
        number = (f"{record.session:016x}", record.sequence)
        try:
            frame = identify(record.jpeg)
            assert frame is not None
            key = self._places.of(camera, event_id).frame_key(frame, event_id)
            stored = stored_frame(frame, key, record.jpeg)
            metadata = self._reasons.metadata(frame, event_id, stored.sha256)
            self._uploads.put(key, record.jpeg, "image/jpeg", metadata)
        except (StoreRejected, NotAFrame) as rejected:
            log.error("%s: frame %d of %s: %s", camera, record.sequence, event_id, rejected)
            self._ledger.failed(camera, event_id, number, str(rejected), time.monotonic())
            self._tally.count(camera, failed=1)
            return
        self._ledger.drained(camera, event_id, stored, time.monotonic())
        self._tally.count(camera, stored=1, stored_bytes=len(record.jpeg))

    def _numbers_of(self, segment: Segment) -> list[tuple[str, int]]:
        try:
            return [(f"{session:016x}", sequence) for session, sequence in segment.numbers()]
        except OSError:
            return []


def _in_parallel(
    pool: ThreadPoolExecutor,
    action: Callable[[Record], bool],
    records: Iterator[Record],
    most: int,
) -> Iterator[bool]:
    """What the action says of each, at most so many at a time; ends after the first that it could not do."""
    running: set[Future[bool]] = set()
    going = True
    try:
        while going or running:
            while going and len(running) < most:
                record = next(records, None)
                if record is None:
                    going = False
                    break
                running.add(pool.submit(action, record))
            done, running = wait(running, return_when=FIRST_COMPLETED) if running else (set(), set())
            for one in done:
                is_done = one.result()
                going = going and is_done
                yield is_done
    finally:
        wait(running)
