"""Which replica has which camera: the same answer everywhere, with few moves when replicas come or go."""

import hashlib
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Partition:
    """Replica `slot` of `count`, counted from 1.

    Rendezvous hashing (Thaler and Ravishankar, 1998): a camera belongs to the slot that draws the highest
    number for it, so from n to n + 1 replicas only those cameras move that the new one draws, 1 in n + 1.
    """

    slot: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `2/8`. Raises ValueError with a sentence."""
        slot, slash, count = text.partition("/")
        if slash and slot.isdecimal() and count.isdecimal() and 1 <= int(slot) <= int(count):
            return cls(int(slot), int(count))
        raise ValueError(
            f"must be a replica's number and how many there are, such as 1/2 or 2/2, not '{text}'"
        )

    def __str__(self) -> str:
        return f"{self.slot}/{self.count}"

    def has(self, camera: str) -> bool:
        return slot_of(camera, self.count) == self.slot


def slot_of(camera: str, count: int) -> int:
    """The slot, from 1 to `count`, that a camera belongs to."""
    return max(range(1, count + 1), key=lambda slot: _draw(camera, slot))


def _draw(camera: str, slot: int) -> bytes:
    return hashlib.blake2b(f"{camera}/{slot}".encode(), digest_size=8).digest()
