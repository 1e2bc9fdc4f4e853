"""Bytes that follow one another and stay where they are: a picture is not copied to put a word before it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pieces:
    """`bytes(pieces)` joins them, which copies."""

    parts: tuple[bytes | memoryview, ...]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __bytes__(self) -> bytes:
        return b"".join(self.parts)


def parts_of(data: bytes | Pieces) -> tuple[bytes | memoryview, ...]:
    """What is to be written, one after the other."""
    return data.parts if isinstance(data, Pieces) else (data,)
