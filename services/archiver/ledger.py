"""Which frames of which event are in the store or in the spool, until the event is closed."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from services.contract.archive import StoredFrame

Number = tuple[str, int]
"""A frame by its session and its number in it."""

#: Events whose handover never came (motion lost its state, say) must not fill the memory.
MOST_EVENTS = 2000


@dataclass(slots=True)
class EventAccount:
    """What is known of one event's frames; `came_s` is when the last of them was dealt with.

    `spooled` are those that the spool still has, although they may be in the store too.
    """

    stored: dict[Number, StoredFrame] = field(default_factory=dict)
    failed: dict[Number, str] = field(default_factory=dict)
    came_s: float = float("-inf")
    spooled: set[Number] = field(default_factory=set)


class Ledger:
    """The accounts of all events that are not closed yet. Thread-safe."""

    def __init__(self) -> None:
        self._events: OrderedDict[tuple[str, str], EventAccount] = OrderedDict()
        self._lock = threading.Lock()

    def stored(self, camera: str, event: str, frame: StoredFrame, now_s: float) -> None:
        with self._lock:
            account = self._account(camera, event)
            account.stored[frame.session, frame.sequence] = frame
            account.came_s = now_s

    def failed(self, camera: str, event: str, number: Number, why: str, now_s: float) -> None:
        with self._lock:
            account = self._account(camera, event)
            account.failed[number] = why
            account.spooled.discard(number)
            account.came_s = now_s

    def spooled(self, camera: str, event: str, number: Number, now_s: float) -> None:
        with self._lock:
            account = self._account(camera, event)
            account.spooled.add(number)
            account.came_s = now_s

    def drained(self, camera: str, event: str, frame: StoredFrame, now_s: float) -> None:
        """Stored, from the spool."""
        self.stored(camera, event, frame, now_s)
        with self._lock:
            self._account(camera, event).spooled.discard((frame.session, frame.sequence))

    def vanished(self, camera: str, event: str, keys: AbstractSet[str]) -> int:
        """Stored under these keys, and there no more; how many they were."""
        with self._lock:
            stored = self._account(camera, event).stored
            gone = [number for number, frame in stored.items() if frame.key in keys]
            for number in gone:
                del stored[number]
            return len(gone)

    def unreadable(self, camera: str, event: str, numbers: Iterable[Number]) -> None:
        """The spool had them, and they cannot be read any more."""
        with self._lock:
            self._account(camera, event).spooled.difference_update(numbers)

    def of(self, camera: str, event: str) -> EventAccount:
        """A copy of what is known now.

        Its `came_s` counts the camera's earlier events too: a broker brings a camera's frames in order, so
        while theirs still come, this one's may be on their way.
        """
        with self._lock:
            account = self._events.get((camera, event), EventAccount())
            came_s = max(
                (
                    one.came_s
                    for (where, which), one in self._events.items()
                    if where == camera and which <= event
                ),
                default=account.came_s,
            )
            return EventAccount(dict(account.stored), dict(account.failed), came_s, set(account.spooled))

    def heard_of(self, camera: str, event: str, since_s: float) -> bool:
        """Whether a frame of it was dealt with since then; those of a closed one may come late."""
        with self._lock:
            account = self._events.get((camera, event))
            return account is not None and account.came_s >= since_s

    def close(self, camera: str, event: str) -> None:
        with self._lock:
            self._events.pop((camera, event), None)

    def _account(self, camera: str, event: str) -> EventAccount:
        account = self._events.setdefault((camera, event), EventAccount())
        self._events.move_to_end((camera, event))
        while len(self._events) > MOST_EVENTS:
            self._events.popitem(last=False)
        return account
