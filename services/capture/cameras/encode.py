"""Between pixels and JPEGs, where a source has only pixels or its pictures are edited."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Height x width x 3 (blue, green, red)."""


def encode(image: Image, quality: int) -> bytes:
    """A baseline JPEG with 4:2:0 colour, as cameras make them."""
    ok, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"no JPEG can be made of a picture of the shape {image.shape}")
    return jpeg.tobytes()


def decode(data: bytes) -> Image | None:
    """The pixels of whatever picture OpenCV reads, upright as its EXIF says; None of other bytes."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # no bytes at all, or a picture of absurd size
        return None
    return None if image is None else np.asarray(image, np.uint8)
