"""The last retained message of each topic, bounded in bytes."""

from collections.abc import Iterator

from services.runtime.broker import filters
from services.runtime.broker.packets import Message


class Retained:
    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held_bytes = 0
        self._messages: dict[str, Message] = {}

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages.values())

    def put(self, message: Message) -> bool:
        """Keeps the message in place of its topic's last one; an empty payload only forgets that.

        False where there is no room for it; the old one is gone then, since it is not the last any more.
        """
        old = self._messages.pop(message.topic, None)
        if old is not None:
            self._held_bytes -= old.cost
        if not message.payload:
            return True
        if self._held_bytes + message.cost > self._max_bytes:
            return False
        self._held_bytes += message.cost
        self._messages[message.topic] = message
        return True

    def matching(self, pattern: str, now: float) -> list[Message]:
        """What a new subscriber to the filter is sent; what has expired is forgotten on the way."""
        if "+" not in pattern and "#" not in pattern:
            one = self._messages.get(pattern)
            found = [] if one is None else [one]
        else:
            found = [m for m in self._messages.values() if filters.matches(pattern, m.topic)]
        return [m for m in found if not self._expired(m, now)]

    def _expired(self, message: Message, now: float) -> bool:
        if message.expires_at is None or message.expires_at > now:
            return False
        self._held_bytes -= message.cost
        del self._messages[message.topic]
        return True
