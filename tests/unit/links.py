"""A link without a broker: it notes what is sent, and the test plays the broker."""

from dataclasses import dataclass

from services.contract.frame import FrameId, stamp
from services.contract.topics import Topics
from services.runtime.mqtt import BrokerAddress, Delivery, Link

TOPICS = Topics()
NOWHERE = BrokerAddress("nowhere.invalid", 1)
#: As short as a JPEG can be that is one from its beginning to its end.
JPEG = b"\xff\xd8\xff\xdb\x00\x04\x00\x00\xff\xd9"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it arrives."""

    topic: str
    payload: bytes
    retain: bool


class FakeLink(Link):
    """Never runs; `connected` is what the test says."""

    def __init__(self) -> None:
        super().__init__(NOWHERE, "test", window=1_000_000)
        self.there = True
        self.held: dict[str, bytes] = {}
        self.flashed: list[tuple[str, bytes]] = []

    @property
    def connected(self) -> bool:
        return self.there

    def hold(self, topic: str, payload: bytes) -> None:
        self.held[topic] = payload

    def flash(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        self.flashed.append((topic, payload))
        return True

    def take(self, leaf: str = "") -> list[Sent]:
        """The broker takes everything; what it took on topics that end so."""
        taken = []
        while parcel := self.outbox.take():
            taken.append(parcel)
        for parcel in taken:
            self.outbox.taken(parcel)
        return [
            Sent(parcel.topic, bytes(parcel.payload), parcel.retain)
            for parcel in taken
            if leaf in parcel.topic
        ]


class Post:
    """Deliveries, and which of them were acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self._count = 0

    def deliver(self, topic: str, payload: bytes, *, retain: bool = False) -> Delivery:
        self._count += 1
        number = self._count
        return Delivery(topic, payload, retain, 1, lambda: self.acknowledged.append(number))


def stamped(frame_id: FrameId, jpeg: bytes = JPEG) -> bytes:
    return stamp(jpeg, frame_id)
