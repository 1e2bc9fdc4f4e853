"""Which events somebody keeps: a marker beside the manifest says so, and keeps retention away."""

import time
from collections.abc import Callable

from services.contract.archive_keys import KeyLayout
from services.gateway.archive.recent import Recent
from services.store import Store
from services.store.events import EventRef

#: A list is made anew with each event that happens: the store is not asked for each of its cards each time.
REMEMBER_S = 30.0
MAX_REMEMBERED = 2000


class Keeping:
    """Looks for the marker, and remembers for a while whether it was there. From any thread."""

    def __init__(self, store: Store, layout: KeyLayout, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._layout = layout
        self._clock = clock
        self._known: Recent[EventRef, tuple[bool, float]] = Recent(MAX_REMEMBERED)

    def keeps(self, ref: EventRef, *, remembered: bool = True) -> bool:
        """Whether the event is kept; `remembered`: or was, half a minute ago. Raises `StoreError`."""
        known = self._known.get(ref)
        if remembered and known and self._clock() < known[1]:
            return known[0]
        is_kept = self._store.stat(self._layout.kept_key(ref.camera, ref.event)) is not None
        self._known.put(ref, (is_kept, self._clock() + REMEMBER_S))
        return is_kept
