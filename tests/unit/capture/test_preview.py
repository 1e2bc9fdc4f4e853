import cv2
import numpy as np
import pytest

from services.capture.preview import preview
from services.contract.frame import size


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
