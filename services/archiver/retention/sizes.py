"""How large each event in the archive is: remembered there, so that it is not listed over and over."""

import hashlib
import json
import logging
import threading
from collections.abc import Iterable

from services.archiver.retention.rows import Rows
from services.contract.archive_keys import MANIFEST, KeyLayout
from services.store import NotStored, Store
from services.store.events import EventRef

log = logging.getLogger(__name__)

INDEX = ".nightjar/sizes.json"


class Sizes:
    """Bytes by event, which is listed when it is new, and until it has its manifest.

    Thread-safe: whoever deletes and whoever measures know the same, and one of them updates at a time.
    """

    def __init__(self, store: Store, layout: KeyLayout) -> None:
        self._store = store
        self._layout = layout
        self._rows: dict[str, Rows] = {}  # by camera
        self._is_loaded = False
        self._written = b""  # the digest of what is there
        self._updating, self._lock = threading.Lock(), threading.Lock()

    def __getitem__(self, ref: EventRef) -> int:
        with self._lock:
            rows = self._rows.get(ref.camera)
            return rows.size(ref.event) if rows else 0

    @property
    def total(self) -> int:
        with self._lock:
            return sum(rows.total for rows in self._rows.values())

    def of(self, camera: str) -> int:
        """Bytes of a camera's events."""
        with self._lock:
            rows = self._rows.get(camera)
            return rows.total if rows else 0

    def update(self, there: Iterable[EventRef], stop: threading.Event) -> None:
        """Learns what is new among these events, and forgets the others. Raises StoreUnavailable.

        `stop` ends it early, and incomplete; nothing is forgotten then.
        """
        with self._updating:
            if not self._is_loaded:
                self._load()
            with self._lock:
                for rows in self._rows.values():
                    rows.doubt()
            for ref in there:
                if stop.is_set():
                    return
                with self._lock:
                    is_known = self._of(ref.camera).confirm(ref.event)
                if not is_known:
                    self._learn(ref)
            with self._lock:
                for rows in self._rows.values():
                    rows.drop_doubtful()

    def _learn(self, ref: EventRef) -> None:
        objects = list(self._store.list(self._layout.event_folder(ref.camera, ref.event)))
        size = sum(each.bytes for each in objects)
        is_final = any(each.key.endswith(f"/{MANIFEST}") for each in objects)
        with self._lock:
            self._of(ref.camera).put(ref.event, size, is_final=is_final)

    def forget(self, ref: EventRef) -> None:
        with self._lock:
            if rows := self._rows.get(ref.camera):
                rows.drop(ref.event)

    def save(self) -> None:
        """For the next life, where something has changed. Raises StoreUnavailable."""
        with self._lock:
            cameras = ((camera, dict(rows.final())) for camera, rows in sorted(self._rows.items()))
            parts = [f"{json.dumps(camera)}: {json.dumps(events)}" for camera, events in cameras if events]
        content = f'{{"version": 1, "events": {{{", ".join(parts)}}}}}'.encode()
        if (digest := _digest(content)) != self._written:
            self._store.put(INDEX, content, "application/json")
            self._written = digest

    def _of(self, camera: str) -> Rows:
        return self._rows.setdefault(camera, Rows())

    def _load(self) -> None:
        try:
            content = self._store.get(INDEX)
        except NotStored:
            content = b""
        with self._lock:
            if content:
                self._read(content)
            self._is_loaded = True

    def _read(self, content: bytes) -> None:
        self._written = _digest(content)
        try:
            for camera, sizes in json.loads(content)["events"].items():
                for event, size in sizes.items():
                    self._of(camera).put(event, int(size), is_final=True)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            log.warning("%s is damaged and is made anew", self._store.url_of(INDEX))
            self._rows.clear()


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
