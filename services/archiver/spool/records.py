"""How a frame stands in a spool file, and how far such a file can be trusted.

A file is records one after the other, each a head of 28 bytes (big-endian: `NJS1`, the JPEG's length, a
CRC-32 of what follows, session, sequence) and the JPEG as it came, which says itself what it is. Whatever
ends a write early leaves a last record that is short, or whose CRC is wrong.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from services.contract.frame import FrameId

_HEAD = struct.Struct(">4sIIQQ")
_NUMBERS = struct.Struct(">QQ")
_MAGIC = b"NJS1"
HEAD_BYTES = _HEAD.size


@dataclass(frozen=True, slots=True)
class Record:
    """A frame in a spool file: its number, where it begins there, and its bytes."""

    session: int
    sequence: int
    offset: int
    jpeg: bytes

    @property
    def end(self) -> int:
        return self.offset + HEAD_BYTES + len(self.jpeg)


def head(frame: FrameId, jpeg: bytes) -> bytes:
    """What stands before the JPEG."""
    return _HEAD.pack(
        _MAGIC, len(jpeg), _crc(frame.session, frame.sequence, jpeg), frame.session, frame.sequence
    )


def read(file: BinaryIO, *, over_damage: bool = False) -> Iterator[Record]:
    """The whole records from the file's start; ends before the first that is not whole.

    `over_damage`: goes on behind one whose bytes have changed since, where the next one begins as it should.
    """
    offset = 0
    while len(fixed := file.read(HEAD_BYTES)) == HEAD_BYTES:
        magic, length, crc, session, sequence = _HEAD.unpack(fixed)
        if magic != _MAGIC:
            return
        jpeg = file.read(length)
        whole = len(jpeg) == length and _crc(session, sequence, jpeg) == crc
        if not whole and not over_damage:
            return
        record = Record(session, sequence, offset, jpeg)
        if whole:
            yield record
        offset = record.end


def numbers(file: BinaryIO) -> list[tuple[int, int]]:
    """Session and sequence of each record of a file that is known to be whole; reads the heads alone."""
    found = []
    while len(fixed := file.read(HEAD_BYTES)) == HEAD_BYTES:
        _, length, _, session, sequence = _HEAD.unpack(fixed)
        found.append((session, sequence))
        file.seek(length, 1)
    return found


def _crc(session: int, sequence: int, jpeg: bytes) -> int:
    return zlib.crc32(jpeg, zlib.crc32(_NUMBERS.pack(session, sequence)))
