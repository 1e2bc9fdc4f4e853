"""How much the archive has of each camera: counted now and then, and added to in between."""

import logging
import threading
from collections.abc import Callable, Iterable

from services.archiver.retention.sizes import Sizes
from services.archiver.tally import Tally
from services.contract.archive_keys import KeyLayout
from services.store import Store, StoreError
from services.store.events import one_by_one

log = logging.getLogger(__name__)

#: Retention and people delete too, so it is counted anew so often.
COUNT_EVERY_S = 3600.0
TRY_AGAIN_S = 30.0


class Measure:
    """Counts each camera's events, in a thread of its own. Only events that are new are listed.

    `known` are the cameras whose `sizes` somebody else wants to be remembered as well.
    """

    def __init__(
        self,
        store: Store,
        layout: KeyLayout,
        tally: Tally,
        sizes: Sizes,
        known: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._store = store
        self._layout = layout
        self._tally = tally
        self._sizes = sizes
        self._known = known

    def run(self, stop: threading.Event) -> None:
        """Counts until `stop`."""
        while not stop.is_set():
            try:
                done = self._count(stop)
            except StoreError as away:  # whoever stores says so as well
                log.debug("the size of the archive is not known: %s", away)
                done = False
            stop.wait(COUNT_EVERY_S if done else TRY_AGAIN_S)

    def _count(self, stop: threading.Event) -> bool:
        cameras = self._tally.cameras()
        stored_before = {camera: self._tally.stored_bytes(camera) for camera in cameras}
        wanted = sorted({*cameras, *self._known()})
        self._sizes.update(one_by_one(self._store, self._layout, wanted), stop)
        if stop.is_set():
            return False
        for camera in cameras:
            self._tally.measured(camera, self._sizes.of(camera), stored_before[camera])
        return True
