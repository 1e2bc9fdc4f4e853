"""Goes through the archive now and then, oldest event first, and deletes what the rules do not let stay."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from services.archiver.retention.lease import ClockDoubtful, Lease
from services.archiver.retention.rules import OPEN, Disk, Rules, first_id, to_make_room
from services.archiver.retention.sizes import Sizes
from services.contract.archive_keys import KEPT, MANIFEST, KeyLayout, event_start
from services.store import Store, StoreError
from services.store.events import LAST, EventRef, oldest_first, one_by_one

log = logging.getLogger(__name__)

FIRST_S = 60.0
EVERY_S = 600.0
DELETIONS_AT_ONCE = 4
#: What is kept is looked at again so often, in case somebody has taken the marker away.
REMEMBER_KEPT_S = 24 * 3600.0


class Sweeper:
    """Over all cameras that the archive knows, whatever the rest of the service does meanwhile.

    `is_open` says of an event whether it is in our hands; `cameras` those that are to be looked at; `of_own`
    are layouts with rules of their own, of experiments that say when they may be deleted.
    """

    def __init__(
        self,
        store: Store,
        layout: KeyLayout,
        rules: Rules,
        sizes: Sizes,
        *,
        cameras: Callable[[], Iterable[str]],
        is_open: Callable[[str, str], bool],
        disk: Callable[[], Disk | None],
        of_own: Callable[[], Iterable[tuple[KeyLayout, str, timedelta]]] = list,
        on_deleted: Callable[[str], None] = lambda _camera: None,
    ) -> None:
        self._store = store
        self._layout = layout
        self._rules = rules
        self.cameras = cameras
        self._is_open = is_open
        self._disk = disk
        self._of_own = of_own
        self._on_deleted = on_deleted
        self._sizes = sizes
        self._kept: dict[EventRef, float] = {}
        self._stop = threading.Event()
        self.problem = ""

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        self._stop = stop
        lease = Lease(self._store, stop.wait)
        wait_s = FIRST_S
        while not stop.wait(wait_s):
            wait_s = EVERY_S
            now = datetime.now(UTC)
            try:
                if lease.take(now):
                    self.sweep(now)
                self.problem = ""
            except ClockDoubtful as doubt:
                if not self.problem:
                    log.error("%s", doubt)
                self.problem = str(doubt)
            except StoreError as away:  # whoever stores says so as well
                log.debug("nothing is deleted now: %s", away)

    def sweep(self, now: datetime) -> None:
        """One pass. Raises StoreUnavailable."""
        for layout, camera, max_age in self._of_own():
            before = first_id(now - max_age)
            self._delete_all(oldest_first(self._store, layout, [camera], before=before), layout, now)
        if first_kept := self._rules.first_kept(now):
            self._delete_all(self._events(before=first_kept), self._layout, now)
        self._sizes.update(one_by_one(self._store, self._layout, self.cameras()), self._stop)
        if self._stop.is_set():
            return
        own, full = self._rules.excess(self._sizes.total, self._disk())
        if own or full:
            log.info("the archive is over its bound by %.1f GB; the oldest events go", max(own, full) / 1e9)
            self._delete_all(to_make_room(self._deletable(now), own, full, now), self._layout, now)
        self._sizes.save()

    def _events(self, before: str = LAST) -> Iterator[EventRef]:
        return oldest_first(self._store, self._layout, self.cameras(), before=before)

    def _deletable(self, now: datetime) -> Iterator[tuple[EventRef, int]]:
        """Listed once more, and no further than has to be deleted: nobody holds the names of all events."""
        events = self._events()
        return ((ref, self._sizes[ref]) for ref in events if not self._must_stay(ref, self._layout, now))

    def _delete_all(self, events: Iterable[EventRef], layout: KeyLayout, now: datetime) -> None:
        for ref in events:
            if self._stop.is_set():
                return
            if not self._must_stay(ref, layout, now):
                self._delete(ref, layout)

    def _must_stay(self, ref: EventRef, layout: KeyLayout, now: datetime) -> bool:
        """Open, or kept: what is in its folder tells, once."""
        if self._is_open(ref.camera, ref.event):
            return True
        until_s = self._kept.get(ref)
        if until_s and time.monotonic() < until_s:
            return True
        folder = layout.event_folder(ref.camera, ref.event)
        if self._store.stat(f"{folder}{KEPT}"):
            self._kept[ref] = time.monotonic() + REMEMBER_KEPT_S
            return True
        is_closed = self._store.stat(f"{folder}{MANIFEST}") is not None
        return not is_closed and now - event_start(ref.event) < OPEN

    def _delete(self, ref: EventRef, layout: KeyLayout) -> None:
        """The manifest last: an event that is half deleted is found again."""
        folder = layout.event_folder(ref.camera, ref.event)
        keys = [each.key for each in self._store.list(folder)]
        manifest = f"{folder}{MANIFEST}"
        with ThreadPoolExecutor(DELETIONS_AT_ONCE, "archiver-retention") as threads:
            list(threads.map(self._store.delete, [key for key in keys if key != manifest]))
        if manifest in keys:
            self._store.delete(manifest)
        self._sizes.forget(ref)
        self._on_deleted(ref.camera)
        log.info("%s: the event %s is deleted (%d objects)", ref.camera, ref.event, len(keys))
