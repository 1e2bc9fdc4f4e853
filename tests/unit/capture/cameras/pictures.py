"""Small JPEGs for the tests."""

import cv2
import numpy as np
from numpy.typing import NDArray

from services.capture.cameras.encode import Image, encode
from services.contract.jpeg_head import DHT, segments


def jpeg(seed: int = 0, width: int = 64, height: int = 48, quality: int = 85) -> bytes:
    """A picture that no other seed has."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return encode(np.asarray(cv2.GaussianBlur(noise, (0, 0), 2), np.uint8), quality)


def decode(data: bytes) -> Image:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    pixels: NDArray[np.uint8] = np.asarray(image, np.uint8)
    return pixels


def without_tables(data: bytes) -> bytes:
    """The JPEG as motion-JPEG cameras send it: its Huffman tables left out."""
    for marker, start, end in reversed(list(segments(data))):
        if marker == DHT:
            data = data[:start] + data[end:]
    return data


def with_thumbnail(data: bytes) -> bytes:
    """The JPEG with another one, that has an end of its own, inside its EXIF segment."""
    inside = b"Exif\x00\x00" + jpeg(99, 16, 16)
    return data[:2] + b"\xff\xe1" + (len(inside) + 2).to_bytes(2, "big") + inside + data[2:]


def avi(frames: list[bytes], *, rate: int = 25, scale: int = 1, codec: bytes = b"MJPG") -> bytes:
    """A file with these chunks as its video, and a sound chunk after each, as the AVI reference has it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return name + len(data).to_bytes(4, "little") + data + b"\x00" * (len(data) % 2)

    def listed(kind: bytes, *parts: bytes) -> bytes:
        return chunk(b"LIST", kind + b"".join(parts))

    def stream(kind: bytes, handler: bytes, form: bytes) -> bytes:
        fields = 0, 0, 0, scale, rate, 0, len(frames), 0, 0, 0
        numbers = b"".join(field.to_bytes(4, "little") for field in fields)
        return listed(b"strl", chunk(b"strh", kind + handler + numbers), chunk(b"strf", form))

    video = stream(b"vids", codec, bytes(16) + codec + bytes(20))
    sound = stream(b"auds", bytes(4), bytes(16))
    header = listed(b"hdrl", chunk(b"avih", bytes(56)), sound, video)
    movi = listed(b"movi", *(chunk(b"01dc", frame) + chunk(b"00wb", b"\xff\xd8\xff") for frame in frames))
    body = b"AVI " + header + movi + chunk(b"idx1", bytes(16))
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def turned(data: bytes, orientation: int) -> bytes:
    """The JPEG with an EXIF segment that says how it is stored."""
    tiff = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00%c\x00\x00\x00\x00\x00\x00"
    inside = b"Exif\x00\x00" + tiff % orientation
    return data[:2] + b"\xff\xe1" + (len(inside) + 2).to_bytes(2, "big") + inside + data[2:]
