"""A small picture for overviews and for Home Assistant: at most 640 pixels wide."""

import cv2
import numpy as np

from services.contract.frame import NotAFrame, size

MAX_WIDTH = 640
# Larger than any camera's: a few bytes could claim so many, and the decoder would make room for them.
MOST_PIXELS = 2**27
QUALITY = 70


def preview(jpeg: bytes) -> bytes | None:
    """A smaller JPEG of the same picture, turned upright; None where it cannot be decoded.

    libjpeg decodes at a half or a quarter of the size at a fraction of the cost, so the scaled decode comes
    first and the exact size second.
    """
    try:
        width, height = size(jpeg)
    except NotAFrame:
        return None
    if width * height > MOST_PIXELS:
        return None
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
