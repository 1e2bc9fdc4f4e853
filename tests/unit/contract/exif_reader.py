"""Reads EXIF as the standard says and as others do, so that what we write is not only read by ourselves."""

import struct
from collections.abc import Iterator

TYPES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}  # bytes of one value
EXIF_IFD = 0x8769


def segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment before the picture's data."""
    assert jpeg[:2] == b"\xff\xd8"
    at = 2
    while True:
        assert jpeg[at] == 0xFF
        while jpeg[at + 1] == 0xFF:
            at += 1
        marker = jpeg[at + 1]
        if marker in (0xD9, 0xDA):
            return
        (length,) = struct.unpack_from(">H", jpeg, at + 2)
        assert length >= 2
        assert at + 2 + length <= len(jpeg)
        yield marker, jpeg[at + 4 : at + 2 + length]
        at += 2 + length


def exif_tiffs(jpeg: bytes) -> list[bytes]:
    return [body[6:] for marker, body in segments(jpeg) if marker == 0xE1 and body[:6] == b"Exif\0\0"]


def read_tags(tiff: bytes) -> dict[int, object]:
    """All tags of IFD0 and of the Exif IFD; asserts what the standard asks for."""
    order = {b"II": "<", b"MM": ">"}[tiff[:2]]
    assert struct.unpack_from(f"{order}H", tiff, 2) == (42,)
    (at,) = struct.unpack_from(f"{order}I", tiff, 4)
    tags = _read_ifd(tiff, order, at)
    inner = tags[EXIF_IFD]
    assert isinstance(inner, int)
    return tags | _read_ifd(tiff, order, inner)


def _read_ifd(tiff: bytes, order: str, at: int) -> dict[int, object]:
    assert at % 2 == 0, "a directory begins on a word boundary"
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    found: dict[int, object] = {}
    for n in range(count):
        tag, kind, number = struct.unpack_from(f"{order}HHI", tiff, at + 2 + 12 * n)
        assert not found or tag > max(found), "tags come in ascending order"
        size, value_at = TYPES[kind] * number, at + 10 + 12 * n
        if size > 4:
            (value_at,) = struct.unpack_from(f"{order}I", tiff, value_at)
            assert value_at % 2 == 0, "a value begins on a word boundary"
        assert value_at + size <= len(tiff)
        found[tag] = _value(order, kind, tiff[value_at : value_at + size])
    assert struct.unpack_from(f"{order}I", tiff, at + 2 + 12 * count) == (0,), "no other directory follows"
    return found


def _value(order: str, kind: int, raw: bytes) -> object:
    if kind == 2:
        assert raw.endswith(b"\0"), "ASCII ends in NUL, which is counted"
        return raw[:-1].decode("ascii")
    if kind in (3, 4):
        return struct.unpack(f"{order}{'H' if kind == 3 else 'I'}", raw)[0]
    return raw
