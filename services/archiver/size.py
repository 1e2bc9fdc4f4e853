"""How much the archive has of each camera: counted now and then, and added to in between."""

import logging
import threading

from services.archiver.tally import Tally
from services.store import Store, StoreError

log = logging.getLogger(__name__)

#: People and other archivers delete too, so it is counted anew so often; and soon after we have deleted.
COUNT_EVERY_S = 3600.0
LOOK_EVERY_S = 60.0
TRY_AGAIN_S = 30.0


class Measure:
    """Counts what is below each camera's own folder, in a thread of its own: large archives take a while."""

    def __init__(self, store: Store, tally: Tally) -> None:
        self._store = store
        self._tally = tally

    def run(self, stop: threading.Event) -> None:
        """Counts until `stop`."""
        while not stop.is_set():
            deleted = self._tally.deleted
            try:
                done = self._count(stop)
            except StoreError as away:  # whoever stores says so as well
                log.debug("the size of the archive is not known: %s", away)
                done = False
            self._wait(stop, COUNT_EVERY_S if done else TRY_AGAIN_S, deleted)

    def _wait(self, stop: threading.Event, at_most_s: float, deleted: int) -> None:
        waited_s = 0.0
        while waited_s < at_most_s and not stop.wait(min(LOOK_EVERY_S, at_most_s - waited_s)):
            waited_s += LOOK_EVERY_S
            if self._tally.deleted != deleted:
                return

    def _count(self, stop: threading.Event) -> bool:
        for camera in self._tally.cameras():
            stored_before = self._tally.stored_bytes(camera)
            size = 0
            for each in self._store.list(f"{camera}/"):
                if stop.is_set():
                    return False
                size += each.bytes
            self._tally.measured(camera, size, stored_before)
        return True
