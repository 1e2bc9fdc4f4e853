"""Which frames of which event are in the store, until the event is closed."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from services.contract.archive import StoredFrame

Number = tuple[str, int]
"""A frame by its session and its number in it."""

#: Events whose handover never came (motion lost its state, say) must not fill the memory.
MOST_EVENTS = 2000


@dataclass(slots=True)
class EventAccount:
    """What is known of one event's frames."""

    stored: dict[Number, StoredFrame] = field(default_factory=dict)
    failed: dict[Number, str] = field(default_factory=dict)


class Ledger:
    """The accounts of all events that are not closed yet. Thread-safe."""

    def __init__(self) -> None:
        self._events: OrderedDict[tuple[str, str], EventAccount] = OrderedDict()
        self._lock = threading.Lock()

    def stored(self, camera: str, event: str, frame: StoredFrame) -> None:
        with self._lock:
            self._account(camera, event).stored[frame.session, frame.sequence] = frame

    def failed(self, camera: str, event: str, number: Number, why: str) -> None:
        with self._lock:
            self._account(camera, event).failed[number] = why

    def of(self, camera: str, event: str) -> EventAccount:
        """A copy of what is known now."""
        with self._lock:
            account = self._account(camera, event)
            return EventAccount(dict(account.stored), dict(account.failed))

    def close(self, camera: str, event: str) -> None:
        with self._lock:
            self._events.pop((camera, event), None)

    def _account(self, camera: str, event: str) -> EventAccount:
        account = self._events.setdefault((camera, event), EventAccount())
        self._events.move_to_end((camera, event))
        while len(self._events) > MOST_EVENTS:
            self._events.popitem(last=False)
        return account
