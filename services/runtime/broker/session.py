"""What is owed to one client: its subscriptions, its queue, and the messages it has not acknowledged."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.runtime.broker.acl import Rights
from services.runtime.broker.packets import Message, Subscription, Will
from services.runtime.broker.peer import Peer

_LAST_PACKET_ID = 65535


@dataclass(slots=True, eq=False)
class Delivery:
    """A QoS 1 message on its way to one client; it keeps its packet id when it is sent again."""

    message: Message
    retain: bool = False
    ids: tuple[int, ...] = ()
    packet_id: int = 0  # 0: not sent yet
    dup: bool = False


@dataclass(slots=True, eq=False)
class Session:
    """The queue is bounded in bytes, unacknowledged messages included; the newest is dropped."""

    client_id: str
    user: str
    rights: Rights
    max_bytes: int
    expiry_s: int = 0
    expires_at: float | None = None  # while it is not connected
    peer: Peer | None = None
    will: Will | None = None
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    receiving: set[int] = field(
        default_factory=set
    )  # QoS 2 packet ids that are published and not yet released
    held_bytes: int = 0
    _queue: deque[Delivery] = field(default_factory=deque)
    _inflight: dict[int, Delivery] = field(default_factory=dict)
    _last_id: int = 0

    @property
    def durable(self) -> bool:
        """Whether it outlives its connection."""
        return self.expiry_s > 0

    @property
    def unacknowledged(self) -> int:
        return len(self._inflight)

    def offer(self, delivery: Delivery) -> bool:
        """Puts a message at the end of the queue; False where there is no room for it."""
        cost = delivery.message.cost
        if self.held_bytes + cost > self.max_bytes:
            return False
        self.held_bytes += cost
        self._queue.append(delivery)
        return True

    def next(self, window: int, now: float) -> Delivery | None:
        """The next message to send, with its packet id; None while the window is full or nothing waits."""
        while self._queue and len(self._inflight) < window:
            delivery = self._queue.popleft()
            expires_at = delivery.message.expires_at
            if expires_at is not None and expires_at <= now:
                self.held_bytes -= delivery.message.cost
                continue
            delivery.dup = delivery.packet_id != 0
            if not delivery.packet_id:
                delivery.packet_id = self._new_id()
            self._inflight[delivery.packet_id] = delivery
            return delivery
        return None

    def acknowledge(self, packet_id: int) -> bool:
        """False where no message with this id was sent on this connection."""
        delivery = self._inflight.pop(packet_id, None)
        if delivery is None:
            return False
        self.held_bytes -= delivery.message.cost
        return True

    def disconnected(self) -> None:
        """What was sent and not acknowledged goes back to the front, in order, to be sent again."""
        self._queue.extendleft(reversed(self._inflight.values()))
        self._inflight.clear()

    def waiting(self) -> Iterator[Delivery]:
        """Everything that is owed, oldest first."""
        yield from self._inflight.values()
        yield from self._queue

    def _new_id(self) -> int:
        # Ids that wait to be sent again are at the front of the queue: in flight before a new one is needed.
        while True:
            self._last_id = self._last_id % _LAST_PACKET_ID + 1
            if self._last_id not in self._inflight:
                return self._last_id
