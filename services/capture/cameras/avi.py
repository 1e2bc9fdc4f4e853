"""The JPEGs of a Motion-JPEG AVI, as they lie in the file.

RIFF as Microsoft's AVI reference and the OpenDML extension describe it; read in order, so a file without an
index, or one that is still being written, plays as far as it goes.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_LISTS = frozenset((b"AVI ", b"AVIX", b"hdrl", b"strl", b"movi", b"rec "))  # what is looked into


class NotMjpegAvi(ValueError):
    """The file is something else, or its video is not Motion JPEG."""


@dataclass(frozen=True, slots=True)
class AviHeader:
    """What the file says before its pictures: frames per second, and the ids of the chunks that hold them."""

    fps: float
    chunks: tuple[bytes, bytes]


def read_header(file: BinaryIO) -> AviHeader:
    """Reads up to the video's format. Raises `NotMjpegAvi`."""
    stream, fps = -1, 0.0
    for name, size in _chunks(file):
        if name == b"strh":
            stream += 1
            head = file.read(min(size, 48))
            fps = _rate(head) if head[:4] == b"vids" else 0.0
        elif name == b"strf" and fps:
            if file.read(min(size, 40))[16:20].upper() != b"MJPG":
                raise NotMjpegAvi("the video is no Motion JPEG")
            return AviHeader(fps, (b"%02ddc" % stream, b"%02ddb" % stream))
    raise NotMjpegAvi("the file is no AVI with a video")


def read_frames(file: BinaryIO, header: AviHeader, max_bytes: int) -> Iterator[bytes | None]:
    """The video's chunks in order; None for one that is empty (the picture stays), too large or cut off."""
    for name, size in _chunks(file):
        if name in header.chunks:
            jpeg = file.read(size) if size <= max_bytes else b""
            yield jpeg if len(jpeg) == size and jpeg[:3] == b"\xff\xd8\xff" else None


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """`(id, size)` of each chunk from the beginning, the file standing where the chunk's data begin."""
    at = 0
    while True:
        file.seek(at)
        head = file.read(12)
        if at == 0 and (head[:4] != b"RIFF" or head[8:] != b"AVI "):
            raise NotMjpegAvi("the file is no AVI")
        if len(head) < 8:
            return
        name, size = head[:4], int.from_bytes(head[4:8], "little")
        if name in {b"RIFF", b"LIST"} and head[8:] in _LISTS:
            at += 12
            continue
        file.seek(at + 8)
        yield name, size
        at += 8 + size + size % 2


def _rate(strh: bytes) -> float:
    if len(strh) < 28:
        raise NotMjpegAvi("the AVI's header is cut off")
    scale, rate = struct.unpack_from("<II", strh, 20)
    fps = rate / scale if scale else 0.0
    return fps if math.isfinite(fps) and 0 < fps <= 1000 else 25.0
