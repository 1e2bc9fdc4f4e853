"""JPEGs by hand: no picture, but every marker where a camera may put it."""

import struct

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
#: From the quantisation table to the end, as short as it can be; the size is 640x480.
PICTURE = (
    b"\xff\xdb\x00\x04\x00\x00"
    b"\xff\xc0\x00\x0b\x08\x01\xe0\x02\x80\x01\x01\x11\x00"
    b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\x34\xff\x00\x56" + EOI
)
JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
XMP = b"\xff\xe1\x00\x1fhttp://ns.adobe.com/xap/1.0/\x00"


def jpeg(*segments: bytes) -> bytes:
    return SOI + b"".join(segments) + PICTURE


def exif(order: str = "<", orientation: int = 6, unique: str = "") -> bytes:
    """A camera's own EXIF segment: Make, Orientation, and an Exif IFD with an ImageUniqueID."""
    unique_id = unique.encode() + b"\0"
    exif_at = 8 + 2 + 3 * 12 + 4
    ifd0 = struct.pack(f"{order}H", 3)
    ifd0 += struct.pack(f"{order}HHI4s", 0x010F, 2, 4, b"Cam\0")
    ifd0 += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    ifd0 += struct.pack(f"{order}HHII", 0x8769, 4, 1, exif_at) + bytes(4)
    sub = struct.pack(f"{order}H", 1)
    sub += struct.pack(f"{order}HHII", 0xA420, 2, len(unique_id), exif_at + 18) + bytes(4)
    magic = b"II\x2a\0" if order == "<" else b"MM\0\x2a"
    body = b"Exif\0\0" + magic + struct.pack(f"{order}I", 8) + ifd0 + sub + unique_id
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
