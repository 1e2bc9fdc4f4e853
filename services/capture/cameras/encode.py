"""From pixels to a JPEG, where a source has only pixels."""

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
