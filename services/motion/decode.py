"""A JPEG becomes a small gray picture, by libjpeg's own scaled decoding wherever it can."""

from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]

# The strongest reduction that leaves enough lines is best: Huffman decoding is then nearly all the cost.
_FLAGS = {
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    1: cv2.IMREAD_GRAYSCALE,
}
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


# Larger than any camera's: a few bytes could claim so many, and the decoder would make room for them.
MOST_PIXELS = 2**27


class UndecodableFrame(ValueError):
    """The bytes are no picture that libjpeg can read."""


def decode_gray(jpeg: bytes, working_height: int = 144) -> Gray:
    """The picture as gray `uint8 (height, width)`, upright as a browser shows it.

    Its shorter side has about `working_height` lines (0.8 to 1.6 times as many, or its own where it has
    fewer): libjpeg scales by 1/2, 1/4 or 1/8 while it decodes, and only a picture that is still larger is
    averaged down by a whole number.

    Raises `UndecodableFrame` where the JPEG is broken or cut off. Damage inside the picture's data decodes to
    a picture with gray areas, as every reader shows it.
    """
    shorter = min(size(jpeg))
    reduction = next((r for r in (8, 4, 2) if shorter / r >= 0.8 * working_height), 1)
    try:
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), _FLAGS[reduction])
    except cv2.error as error:
        raise UndecodableFrame(f"the JPEG cannot be decoded: {error.err}") from error
    if picture is None:
        raise UndecodableFrame("the JPEG cannot be decoded: its data is damaged or cut off")
    gray = cast("Gray", picture)
    by = round(shorter / reduction / working_height)
    return shrink(gray, by) if shorter / reduction > 1.5 * working_height else gray


def fit(picture: Gray, working_height: int = 144) -> Gray:
    """A full-size gray picture averaged down by a whole number, for video that was not JPEG."""
    return shrink(picture, max(1, round(min(picture.shape) / working_height)))


def shrink(gray: Gray, by: int) -> Gray:
    """The picture with each side `by` times shorter, every new point the mean of `by` times `by` old ones."""
    if by == 1:
        return gray
    height, width = gray.shape
    return cast("Gray", cv2.resize(gray, (width // by, height // by), interpolation=cv2.INTER_AREA))


def size(jpeg: bytes) -> tuple[int, int]:
    """`(height, width)` as stored, from the start-of-frame marker (ITU T.81, B.2.2), without decoding.

    Raises `UndecodableFrame` where there is none.
    """
    at = 2
    while jpeg[:2] == b"\xff\xd8" and at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker in _START_OF_FRAME:
            height, width = (
                int.from_bytes(jpeg[at + 5 : at + 7], "big"),
                int.from_bytes(jpeg[at + 7 : at + 9], "big"),
            )
            if 0 < height * width <= MOST_PIXELS:
                return height, width
            break
        # A fill byte, or a segment with its length.
        at += 1 if marker == 0xFF else 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    raise UndecodableFrame("the bytes are no JPEG with a size")
