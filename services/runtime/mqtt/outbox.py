"""What waits to be taken by the broker: bounded in bytes, in order, given again after a lost connection."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from services.contract.pieces import Pieces


@dataclass(slots=True, eq=False)
class Parcel:
    """One message on its way to the broker; `on_taken` is called when the broker has acknowledged it."""

    topic: str
    payload: bytes | Pieces
    retain: bool = False
    on_taken: Callable[[], None] | None = None


class Outbox:
    """Parcels in order, at most `window` of them with the broker and not yet acknowledged.

    Above `max_bytes` the oldest that is not with the broker is dropped and told to `on_lost`; without
    `max_bytes` nothing is ever dropped, and whoever fills it bounds it. Thread-safe.
    """

    def __init__(
        self,
        window: int,
        max_bytes: int | None = None,
        on_lost: Callable[[Parcel], None] | None = None,
    ) -> None:
        self._window = window
        self._max_bytes = max_bytes
        self._on_lost = on_lost
        self._waiting: deque[Parcel] = deque()
        self._given: dict[Parcel, None] = {}
        self._lock = threading.Lock()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._given)

    @property
    def filled(self) -> float:
        """How full it is, from 0 to 1; 0 where it is not bounded."""
        return min(1.0, self.bytes / self._max_bytes) if self._max_bytes else 0.0

    def put(self, parcel: Parcel) -> None:
        """Appends it, and makes room by dropping the oldest where there is none."""
        lost = []
        with self._lock:
            self._waiting.append(parcel)
            self.bytes += len(parcel.payload)
            while self._max_bytes is not None and self.bytes > self._max_bytes and len(self._waiting) > 1:
                dropped = self._waiting.popleft()
                self.bytes -= len(dropped.payload)
                lost.append(dropped)
        for dropped in lost:
            if self._on_lost:
                self._on_lost(dropped)

    def take(self) -> Parcel | None:
        """The next one to give to the broker; None when nothing waits or the window is full."""
        with self._lock:
            if not self._waiting or len(self._given) >= self._window:
                return None
            parcel = self._waiting.popleft()
            self._given[parcel] = None
            return parcel

    def ready(self) -> bool:
        return bool(self._waiting) and len(self._given) < self._window

    def taken(self, parcel: Parcel) -> None:
        """The broker has acknowledged it."""
        with self._lock:
            if parcel not in self._given:
                return
            del self._given[parcel]
            self.bytes -= len(parcel.payload)
        if parcel.on_taken:
            parcel.on_taken()

    def give_up(self, parcel: Parcel) -> None:
        """The broker will never take it: it is lost."""
        with self._lock:
            if parcel not in self._given:
                return
            del self._given[parcel]
            self.bytes -= len(parcel.payload)
        if self._on_lost:
            self._on_lost(parcel)

    def leave(self) -> list[Parcel]:
        """All that the broker has not acknowledged, in order; it is another's to send now."""
        with self._lock:
            left = [*self._given, *self._waiting]
            self._given.clear()
            self._waiting.clear()
            self.bytes = 0
        return left

    def rewind(self) -> None:
        """The connection is gone: what it did not acknowledge is given again first, in the same order."""
        with self._lock:
            self._waiting.extendleft(reversed(self._given))
            self._given.clear()
