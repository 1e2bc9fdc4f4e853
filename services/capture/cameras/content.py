"""What is in a file or an answer that is to be one picture."""

from services.capture.cameras.encode import Image, decode
from services.capture.cameras.jpeg import complete
from services.capture.cameras.mjpeg import jpeg_in

_KINDS = {b"\x89PNG": "PNG", b"BM": "BMP", b"RIFF": "WebP", b"II": "TIFF", b"MM": "TIFF", b"GIF8": "GIF"}


def content_of(data: bytes) -> bytes | Image | None:
    """A whole JPEG as it is, with Huffman tables; the pixels of another picture; None of anything else."""
    if data[:3] == b"\xff\xd8\xff":  # half a JPEG can be decoded too, and is none all the same
        jpeg = jpeg_in(data)
        return complete(jpeg) if jpeg else None
    return decode(data)


def kind_of(data: bytes) -> str:
    """What people call this kind of picture."""
    return next((kind for begin, kind in _KINDS.items() if data.startswith(begin)), "a picture")
