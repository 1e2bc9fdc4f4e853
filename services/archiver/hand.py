"""The frames that are with us and not yet safe: neither stored nor spooled, so not acknowledged."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from services.contract.frame import FrameId
from services.runtime.mqtt import Delivery


@dataclass(slots=True, eq=False)
class Arrival:
    """A frame of an event as it came; `key` is where it goes in the store."""

    delivery: Delivery
    frame: FrameId
    event: str
    key: str
    since_s: float
    offered: bool = False  # to the spool
    settled: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def jpeg(self) -> bytes:
        return self.delivery.payload

    def settle(self) -> bool:
        """Whoever gets True has made it safe first, and acknowledges it."""
        with self._lock:
            first, self.settled = not self.settled, True
            return first


class Hand:
    """Arrivals until they are settled; the broker's window bounds them. Thread-safe.

    mosquitto 2.0.11 forgets the window when it takes a session up again and sends all that it has: then
    whoever brings frames has to wait in `wait_for_room`.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._arrivals: dict[Arrival, None] = {}
        self._events: Counter[tuple[str, str]] = Counter()

    def take(self, delivery: Delivery, frame: FrameId, event: str, key: str) -> Arrival:
        arrival = Arrival(delivery, frame, event, key, self._now())
        with self._lock:
            self._arrivals[arrival] = None
            self._events[frame.camera, event] += 1
        return arrival

    def settle(self, arrival: Arrival) -> bool:
        """Whether it was not settled before; it is gone from here."""
        if not arrival.settle():
            return False
        with self._lock:
            del self._arrivals[arrival]
            event = (arrival.frame.camera, arrival.event)
            self._events[event] -= 1
            if not self._events[event]:
                del self._events[event]
            self._room.notify()
        return True

    def wait_for_room(self, most: int, within_s: float) -> None:
        """Returns when there are fewer than so many, at the latest after so long."""
        with self._room:
            self._room.wait_for(lambda: len(self._arrivals) < most, within_s)

    def holds(self, camera: str, event: str) -> bool:
        """Whether frames of the event, or of the camera's earlier ones, are on their way through us."""
        with self._lock:
            return any(whose == camera and which <= event for whose, which in self._events)

    def count(self, camera: str) -> int:
        """How many frames of the camera are with us."""
        with self._lock:
            return sum(count for (whose, _), count in self._events.items() if whose == camera)

    def offered(self) -> list[Arrival]:
        """Those that are to be spooled, in order of arrival."""
        with self._lock:
            return [arrival for arrival in self._arrivals if arrival.offered]

    def offer_older(self, age_s: float) -> bool:
        """Offers those that came so long ago to the spool; says whether there were any."""
        until_s = self._now() - age_s
        with self._lock:
            old = [each for each in self._arrivals if each.since_s <= until_s and not each.offered]
        for arrival in old:
            arrival.offered = True
        return bool(old)
