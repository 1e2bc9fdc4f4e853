"""What a JPEG says before its picture's data, found out once for all the pictures that begin alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

SOI, EOI, SOS, DHT, APP1 = 0xD8, 0xD9, 0xDA, 0xC4, 0xE1
EXIF = b"Exif\x00\x00"

_RST0 = 0xD0
_BASELINE = frozenset((0xC0, 0xC1))  # only these can be read with the standard Huffman tables
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SHORT = 4096  # bytes of a head that is worth being remembered: an EXIF thumbnail is another one each time


@dataclass(frozen=True, slots=True)
class Head:
    """`exif` is where EXIF segments begin and end, `scan` where the first SOS stands (-1: nowhere)."""

    size: tuple[int, int]  # width and height as stored; 0 where it does not say
    exif: tuple[tuple[int, int], ...]
    scan: int
    end: int  # of the last segment before the scan; beyond the JPEG's own where it is damaged
    baseline: bool
    has_tables: bool  # for Huffman's code


def head_of(jpeg: bytes) -> Head:
    """The JPEG's head. A camera's pictures begin alike, byte for byte, unless it dates them there."""
    scan = jpeg.find(b"\xff\xda", 2, _SHORT)
    return (_remembered(jpeg[: scan + 4]) if scan > 0 else None) or _read(jpeg)


@lru_cache(maxsize=256)
def _remembered(start: bytes) -> Head | None:
    """None where the bytes end with the SOS of something else, such as a thumbnail in a segment."""
    head = _read(start)
    return head if head.scan == len(start) - 4 else None


def _read(jpeg: bytes) -> Head:
    size, exif, scan, last, baseline, tables = None, [], -1, 2, False, False
    for marker, start, end in segments(jpeg):
        if marker == SOS:
            scan = start
            break
        last = end
        if marker in _START_OF_FRAME:
            baseline = baseline or marker in _BASELINE
            size = size or _size(jpeg[start + 5 : start + 9])
        elif marker == APP1 and jpeg[start + 4 : start + 10] == EXIF:
            exif.append((start, end))
        elif marker == DHT:
            tables = True
    return Head(size or (0, 0), tuple(exif), scan, last, baseline, tables)


def _size(field: bytes) -> tuple[int, int]:
    """Of a start-of-frame segment (ITU T.81, B.2.2)."""
    return (int.from_bytes(field[2:], "big"), int.from_bytes(field[:2], "big")) if len(field) == 4 else (0, 0)


def segments(jpeg: bytes) -> Iterator[tuple[int, int, int]]:
    """`(marker, start, end)` of each segment from the first after SOI up to the first SOS, that included.

    `start` is where the segment's 0xFF stands. Ends early where the bytes are no JPEG.
    """
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if _RST0 <= marker <= EOI:
            return
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        yield marker, at, end
        if marker == SOS:
            return
        at = end
