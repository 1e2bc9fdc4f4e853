"""What the pure half of the broker needs of a client's connection."""

from typing import Protocol

from services.runtime.broker.packets import Message
from services.runtime.broker.wire import Reason


class Peer(Protocol):
    """One client's connection, as sessions see it."""

    @property
    def window(self) -> int:
        """How many unacknowledged messages the client takes."""

    @property
    def unsent_bytes(self) -> int:
        """What the client has not read yet, beyond the system's own buffers."""

    def send(
        self,
        message: Message,
        now: float,
        *,
        qos: int = 0,
        packet_id: int = 0,
        dup: bool = False,
        retain: bool = False,
        ids: tuple[int, ...] = (),
    ) -> bool:
        """False where the message is larger than the client takes: it is not sent then."""

    def close(self, reason: Reason) -> None:
        """Ends the connection, saying why where the protocol can; the session has let go of it before."""
