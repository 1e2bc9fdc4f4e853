"""A small picture for overviews and for Home Assistant: at most 640 pixels wide."""

import cv2
import numpy as np

from services.contract.frame import NotAFrame, size
from services.contract.jpeg_head import Head, head_of

MAX_WIDTH = 640
# A picture that is no wider and has no more bytes is its own preview: an encoder would save next to nothing.
SMALL_BYTES = 50_000
# Larger than any camera's: a few bytes could claim so many, and the decoder would make room for them.
MOST_PIXELS = 2**27
QUALITY = 70


def preview(jpeg: bytes) -> bytes | None:
    """A smaller JPEG of the same picture, turned upright; None where it cannot be decoded.

    What is small anyway stays as it is, unless it has an EXIF segment, which may turn it and tell a place.
    libjpeg decodes at a half or a quarter of the size at a fraction of the cost, so the scaled decode comes
    first and the exact size second.
    """
    try:
        width, height = size(jpeg)
    except NotAFrame:
        return None
    if width * height > MOST_PIXELS:
        return None
    if width <= MAX_WIDTH and len(jpeg) <= SMALL_BYTES and _is_whole(head_of(jpeg)):
        return jpeg
    flag = cv2.IMREAD_COLOR
    if width >= 4 * MAX_WIDTH:
        flag = cv2.IMREAD_REDUCED_COLOR_4
    elif width >= 2 * MAX_WIDTH:
        flag = cv2.IMREAD_REDUCED_COLOR_2
    try:
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), flag)
    except cv2.error:
        return None
    if picture is None:
        return None
    height, width = picture.shape[:2]
    if width > MAX_WIDTH:
        smaller = (MAX_WIDTH, round(height * MAX_WIDTH / width))
        picture = cv2.resize(picture, smaller, interpolation=cv2.INTER_AREA)
    done, small = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return small.tobytes() if done else None


def _is_whole(head: Head) -> bool:
    """Anybody can show it, and it says nothing but the picture."""
    return head.has_tables and not head.exif
