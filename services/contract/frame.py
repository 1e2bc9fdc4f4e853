"""A frame describes itself: one EXIF segment, right after SOI, names its camera, its time and its number.

Layout of the segment that `stamp` writes (Exif 2.32, big-endian TIFF): IFD0 with Model, Orientation and a
pointer to the Exif IFD, which holds ExifVersion, DateTimeOriginal, OffsetTimeOriginal, SubSecTimeOriginal and
ImageUniqueID. The picture's own bytes are never touched.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from services.contract.jpeg_head import EXIF, Head, head_of
from services.contract.pieces import Pieces

SOI = b"\xff\xd8"
EOI = b"\xff\xd9"

_ORIENTATION, _MODEL, _EXIF_IFD = 0x0112, 0x0110, 0x8769
_VERSION, _DATE_TIME, _OFFSET_TIME, _SUB_SEC, _UNIQUE_ID = 0x9000, 0x9003, 0x9011, 0x9291, 0xA420
_ASCII, _SHORT, _LONG, _UNDEFINED = 2, 3, 4, 7
_VALUES = b"%04d:%02d:%02d %02d:%02d:%02d\0+00:00\0\0%06d\0\0%016x%016x\0"
_TAIL = 70  # bytes of a segment from its values on


class NotAFrame(ValueError):
    """The bytes are no complete JPEG."""


@dataclass(frozen=True, slots=True)
class FrameId:
    """Who a frame is: its camera, capture session (64 bits), number in it (from 1) and time (UTC)."""

    camera: str
    session: int
    sequence: int
    time: datetime

    @property
    def session_hex(self) -> str:
        return f"{self.session:016x}"


@dataclass(frozen=True, slots=True)
class Frame:
    """A complete JPEG together with who it is."""

    id: FrameId
    jpeg: bytes


def stamp(jpeg: bytes, frame_id: FrameId) -> bytes:
    """The same picture with our EXIF segment in place of the camera's own, its Orientation kept.

    Raises `NotAFrame` where the bytes are no complete JPEG.
    """
    return bytes(stamped(jpeg, frame_id))


def stamped(jpeg: bytes, frame_id: FrameId) -> Pieces:
    """As `stamp`, but the picture is not copied: what comes holds on to it."""
    check(jpeg)
    head = head_of(jpeg)
    if head.exif and head.end > len(jpeg):
        raise NotAFrame("the JPEG is damaged: a segment reaches beyond its end")
    orientation = _camera_orientation(jpeg, head) if head.exif else 1
    parts: list[bytes | memoryview] = [SOI + _segment(frame_id, orientation)]
    theirs, at = memoryview(jpeg), 2
    for start, end in head.exif:
        parts.append(theirs[at:start])
        at = end
    parts.append(theirs[at:])
    return Pieces(tuple(parts))


def identify(jpeg: bytes) -> FrameId | None:
    """Who a stamped frame is; None where the JPEG carries no segment of ours.

    Raises `NotAFrame` where the bytes are no complete JPEG.
    """
    check(jpeg)
    if jpeg[2:4] != b"\xff\xe1" or jpeg[6:12] != EXIF:
        return None
    end = 4 + int.from_bytes(jpeg[4:6], "big")
    # A camera's segments are alike but for their values: they are laid out, and understood, once.
    values = jpeg[end - _TAIL : end]
    camera = _camera_of(jpeg[2 : end - _TAIL]) if _laid_out(values) else None
    return _parse(jpeg[12:end]) if camera is None else _values(camera, values)


def check(jpeg: bytes) -> None:
    """Raises `NotAFrame` unless the bytes begin and end as a JPEG does, padding at its end apart."""
    if jpeg[:3] != b"\xff\xd8\xff":
        raise NotAFrame("the bytes do not begin as a JPEG does")
    if jpeg[-2:] != EOI and jpeg[-4096:].rstrip(b"\x00\r\n")[-2:] != EOI:
        raise NotAFrame("the JPEG is cut off: it has no end")


def size(jpeg: bytes) -> tuple[int, int]:
    """`(width, height)` as stored, without decoding. Raises `NotAFrame` where there is none."""
    width, height = head_of(jpeg).size if jpeg[:2] == SOI else (0, 0)
    if width and height:
        return width, height
    raise NotAFrame("the bytes are no JPEG with a size")


# -- writing -----------------------------------------------------------------------------------------------


def _entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
    return struct.pack(">HHI", tag, kind, count) + value.ljust(4, b"\x00")


@lru_cache(maxsize=1024)
def _frame_of_segment(camera: str, orientation: int) -> tuple[bytes, bytes]:
    """What surrounds the values that change with each frame: a camera's segment is laid out once."""
    model = camera.encode() + b"\x00"
    model += b"\x00" * (len(model) % 2)
    ifd0_at, ifd0_len = 8, 2 + 3 * 12 + 4
    model_at = ifd0_at + ifd0_len
    exif_at = model_at + len(model)
    values_at = exif_at + 2 + 5 * 12 + 4
    ifd0 = (
        struct.pack(">H", 3)
        + _entry(_MODEL, _ASCII, len(camera) + 1, struct.pack(">I", model_at))
        + _entry(_ORIENTATION, _SHORT, 1, struct.pack(">H", orientation))
        + _entry(_EXIF_IFD, _LONG, 1, struct.pack(">I", exif_at))
        + bytes(4)
    )
    if len(camera) + 1 <= 4:  # a value of up to four bytes stands in the entry itself
        ifd0 = ifd0[:2] + _entry(_MODEL, _ASCII, len(camera) + 1, camera.encode() + b"\x00") + ifd0[14:]
    exif = (
        struct.pack(">H", 5)
        + _entry(_VERSION, _UNDEFINED, 4, b"0232")
        + _entry(_DATE_TIME, _ASCII, 20, struct.pack(">I", values_at))
        + _entry(_OFFSET_TIME, _ASCII, 7, struct.pack(">I", values_at + 20))
        + _entry(_SUB_SEC, _ASCII, 7, struct.pack(">I", values_at + 28))
        + _entry(_UNIQUE_ID, _ASCII, 33, struct.pack(">I", values_at + 36))
        + bytes(4)
    )
    tiff = b"MM\x00\x2a" + struct.pack(">I", ifd0_at) + ifd0 + model + exif
    length = 2 + len(EXIF) + len(tiff) + 70
    return b"\xff\xe1" + length.to_bytes(2, "big") + EXIF + tiff, b"\x00"


def _segment(frame_id: FrameId, orientation: int) -> bytes:
    head, tail = _frame_of_segment(frame_id.camera, orientation)
    t = frame_id.time.astimezone(UTC)
    date, time = (t.year, t.month, t.day), (t.hour, t.minute, t.second)
    return head + _VALUES % (*date, *time, t.microsecond, frame_id.session, frame_id.sequence) + tail


# -- reading -----------------------------------------------------------------------------------------------


def _order(tiff: bytes) -> str | None:
    return {b"MM\x00\x2a": ">", b"II\x2a\x00": "<"}.get(tiff[:4])


def _ifd(tiff: bytes, order: str, at: int) -> dict[int, tuple[int, int, bytes]]:
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    entries = {}
    for n in range(count):
        tag, kind, size = struct.unpack_from(f"{order}HHI", tiff, at + 2 + 12 * n)
        entries[tag] = (kind, size, tiff[at + 10 + 12 * n : at + 14 + 12 * n])
    return entries


def _orientation(tiff: bytes) -> int:
    order = _order(tiff)
    if order is None:
        return 1
    try:
        entry = _ifd(tiff, order, struct.unpack_from(f"{order}I", tiff, 4)[0]).get(_ORIENTATION)
        value: int = struct.unpack(f"{order}H", entry[2][:2])[0] if entry else 1
    except struct.error:
        return 1
    return value if 1 <= value <= 8 else 1


def orientation(jpeg: bytes) -> int:
    """The EXIF Orientation (1 to 8) of a JPEG; 1, upright, where it says nothing."""
    head = head_of(jpeg)
    return _camera_orientation(jpeg, head) if head.exif else 1


def _camera_orientation(jpeg: bytes, head: Head) -> int:
    """What the first of its EXIF segments says."""
    start, end = head.exif[0]
    return _orientation(jpeg[start + 10 : end])


def _text(tiff: bytes, order: str, entry: tuple[int, int, bytes]) -> str:
    _, size, value = entry
    if size > 4:
        (at,) = struct.unpack(f"{order}I", value)
        value = tiff[at : at + size]
    return value[:size].rstrip(b"\x00").decode("ascii")


@lru_cache(maxsize=1024)
def _camera_of(head: bytes) -> str | None:
    """The camera of a segment as `_segment` writes it, from what is before its values; None of any other."""
    made_up = _parse(head[10:] + _VALUES % (2000, 1, 1, 0, 0, 0, 0, 0, 0) + b"\x00")
    if made_up is None:
        return None
    known = any(_frame_of_segment(made_up.camera, n)[0] == head for n in range(1, 9))
    return made_up.camera if known else None


def _laid_out(values: bytes) -> bool:
    """Whether what stands between the values is what `_segment` writes there."""
    return values[19:28] == b"\0+00:00\0\0" and values[34:36] == b"\0\0" and values[68:] == b"\0\0"


def _values(camera: str, values: bytes) -> FrameId | None:
    """From the end of a segment as `_segment` writes it."""
    try:
        text = values.decode("ascii")
        return FrameId(camera, int(text[36:52], 16), int(text[52:68], 16), _when(text, text[28:34]))
    except ValueError:
        return None


def _when(when: str, micro: str) -> datetime:
    return datetime(
        int(when[0:4]), int(when[5:7]), int(when[8:10]),
        int(when[11:13]), int(when[14:16]), int(when[17:19]),
        int(micro.ljust(6, "0")[:6]), tzinfo=UTC,
    )  # fmt: skip


def _parse(tiff: bytes) -> FrameId | None:
    order = _order(tiff)
    if order is None:
        return None
    try:
        ifd0 = _ifd(tiff, order, struct.unpack_from(f"{order}I", tiff, 4)[0])
        exif = _ifd(tiff, order, struct.unpack(f"{order}I", ifd0[_EXIF_IFD][2])[0])
        unique = _text(tiff, order, exif[_UNIQUE_ID])
        if len(unique) != 32:
            return None
        when = _text(tiff, order, exif[_DATE_TIME])
        micro = _text(tiff, order, exif[_SUB_SEC])
        return FrameId(
            camera=_text(tiff, order, ifd0[_MODEL]),
            session=int(unique[:16], 16),
            sequence=int(unique[16:], 16),
            time=_when(when, micro),
        )
    except (KeyError, ValueError, struct.error):
        return None
