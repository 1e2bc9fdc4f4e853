from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from services.capture.preview import preview
from services.contract.frame import FrameId, identify, size, stamp


def jpeg(width: int, height: int) -> bytes:
    _, encoded = cv2.imencode(".jpg", np.full((height, width, 3), 99, np.uint8))
    return encoded.tobytes()


def claiming(width: int, height: int) -> bytes:
    """A small JPEG whose head says that it is a large one."""
    small = bytearray(jpeg(64, 48))
    at = small.find(b"\xff\xc0") + 5
    small[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(small)


@pytest.mark.parametrize("width", [960, 1280, 1920, 2560, 3840])
def test_a_large_picture_becomes_640_pixels_wide_with_its_shape(width: int) -> None:
    small = preview(jpeg(width, width * 9 // 16))
    assert small is not None
    assert size(small) == (640, 360)


def test_a_small_picture_keeps_its_size() -> None:
    small = preview(jpeg(320, 240))
    assert small is not None
    assert size(small) == (320, 240)


@pytest.mark.parametrize(
    "broken", [b"", b"no JPEG", b"\xff\xd8\xff\xdb\x00\x04\x00\x00\xff\xd9", claiming(65_000, 65_000)]
)
def test_what_cannot_be_decoded_has_no_preview(broken: bytes) -> None:
    assert preview(broken) is None


def test_a_picture_that_is_small_anyway_is_its_own_preview() -> None:
    small = jpeg(640, 480)
    assert preview(small) is small


def test_but_not_one_with_many_bytes() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    _, encoded = cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, 100])
    smaller = preview(encoded.tobytes())
    assert smaller is not None
    assert len(smaller) < len(encoded)


def test_nor_one_whose_segment_may_turn_it_or_say_where_it_was() -> None:
    stamped = stamp(jpeg(64, 48), FrameId("yard", 1, 1, datetime.now(UTC)))
    small = preview(stamped)
    assert small is not None
    assert identify(small) is None
