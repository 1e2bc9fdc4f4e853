"""How large each event in the archive is: remembered there, so that it is not listed over and over."""

import json
import logging
import threading
from collections.abc import Iterable

from services.contract.archive_keys import MANIFEST, KeyLayout
from services.store import NotStored, Store
from services.store.events import EventRef

log = logging.getLogger(__name__)

INDEX = ".nightjar/sizes.json"


class Sizes:
    """Bytes by event, which is listed when it is new, and until it has its manifest. Not thread-safe."""

    def __init__(self, store: Store, layout: KeyLayout) -> None:
        self._store = store
        self._layout = layout
        self._sizes: dict[EventRef, int] = {}
        self._final: set[EventRef] = set()
        self._is_loaded = False
        self._written: bytes = b""

    def __getitem__(self, ref: EventRef) -> int:
        return self._sizes.get(ref, 0)

    @property
    def total(self) -> int:
        return sum(self._sizes.values())

    def of(self, camera: str) -> int:
        """Bytes of a camera's events."""
        return sum(size for ref, size in self._sizes.items() if ref.camera == camera)

    def update(self, there: Iterable[EventRef], stop: threading.Event) -> None:
        """Learns what is new among these events, and forgets the others. Raises StoreUnavailable.

        `stop` ends it early, and incomplete.
        """
        if not self._is_loaded:
            self._load()
        known = set(there)
        for ref in self._sizes.keys() - known:
            self.forget(ref)
        for ref in known - self._final:
            if stop.is_set():
                return
            objects = list(self._store.list(self._layout.event_folder(ref.camera, ref.event)))
            self._sizes[ref] = sum(each.bytes for each in objects)
            if any(each.key.endswith(f"/{MANIFEST}") for each in objects):
                self._final.add(ref)

    def forget(self, ref: EventRef) -> None:
        self._sizes.pop(ref, None)
        self._final.discard(ref)

    def save(self) -> None:
        """For the next life, where something has changed. Raises StoreUnavailable."""
        events: dict[str, dict[str, int]] = {}
        for ref in sorted(self._final):
            events.setdefault(ref.camera, {})[ref.event] = self._sizes[ref]
        content = json.dumps({"version": 1, "events": events}).encode()
        if content != self._written:
            self._store.put(INDEX, content, "application/json")
            self._written = content

    def _load(self) -> None:
        try:
            self._written = self._store.get(INDEX)
            events = json.loads(self._written)["events"]
            for camera, sizes in events.items():
                self._sizes |= {EventRef(event, camera): int(size) for event, size in sizes.items()}
        except NotStored:
            pass
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("%s is damaged and is made anew", self._store.url_of(INDEX))
            self._sizes.clear()
        self._final = set(self._sizes)
        self._is_loaded = True
