from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from services.contract.frame import FrameId, stamp
from services.motion.decode import UndecodableFrame, decode_gray, size
from tests.unit.motion.scenes import backdrop


def jpeg(width: int, height: int, *, extension: list[int] | None = None) -> bytes:
    picture = np.asarray(cv2.resize(backdrop(), (width, height)), np.uint8)
    return cv2.imencode(".jpg", picture, extension or [])[1].tobytes()


def turned(picture: bytes, orientation: int) -> bytes:
    """The JPEG as a camera hung in another way gives it: EXIF says how to turn it."""
    stamped = stamp(picture, FrameId("yard", 1, 1, datetime(2026, 11, 20, tzinfo=UTC)))
    upright = bytes.fromhex("0112 0003 00000001 0001 0000".replace(" ", ""))
    assert upright in stamped
    return stamped.replace(upright, upright[:8] + orientation.to_bytes(2, "big") + b"\0\0", 1)


@pytest.mark.parametrize(
    ("width", "height", "lines"),
    [
        (1280, 720, 180),
        (1920, 1080, 135),
        (640, 480, 120),
        (640, 360, 180),
        (320, 180, 180),
        (3840, 2160, 135),
    ],
)
def test_a_picture_gets_about_as_many_lines_as_asked_for(width: int, height: int, lines: int) -> None:
    assert decode_gray(jpeg(width, height), 144).shape == (lines, lines * width // height)


@pytest.mark.parametrize("working_height", [100, 144, 180])
@pytest.mark.parametrize("height", [240, 480, 576, 720, 1080, 1440, 2160, 3000])
def test_lines_are_within_bounds_for_any_camera(height: int, working_height: int) -> None:
    lines = decode_gray(jpeg(height * 4 // 3, height), working_height).shape[0]
    assert 0.8 * working_height <= lines <= 1.6 * working_height


def test_a_camera_on_its_side_is_seen_as_finely() -> None:
    assert decode_gray(jpeg(720, 1280), 144).shape == (320, 180)


def test_a_small_picture_stays_as_it_is() -> None:
    assert decode_gray(jpeg(64, 48), 144).shape == (48, 64)


def test_the_small_picture_shows_what_the_large_one_shows() -> None:
    small = decode_gray(jpeg(1280, 720))
    reference = cv2.resize(
        np.asarray(cv2.resize(backdrop(), (1280, 720))), (320, 180), interpolation=cv2.INTER_AREA
    )
    assert np.abs(small - reference).mean() < 2


def test_a_picture_is_upright_as_a_browser_shows_it() -> None:
    plain = jpeg(320, 180)
    upside_down, on_its_side = decode_gray(turned(plain, 3)), decode_gray(turned(plain, 6))
    assert np.array_equal(upside_down, decode_gray(plain)[::-1, ::-1])
    assert np.array_equal(on_its_side, np.rot90(decode_gray(plain), -1))


def test_the_size_is_read_without_decoding_also_behind_a_thumbnail() -> None:
    inner = jpeg(64, 48)
    app0 = b"\xff\xe0" + (len(inner) + 2).to_bytes(2, "big") + inner
    assert size(b"\xff\xd8" + app0 + b"\xff" + jpeg(1280, 720)[2:]) == (720, 1280)


def test_a_progressive_jpeg_is_read_too() -> None:
    progressive = jpeg(1280, 720, extension=[cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    assert decode_gray(progressive).shape == (180, 320)


@pytest.mark.parametrize("kept", [0, 1, 4, 100, 700])
def test_a_jpeg_that_is_cut_off_is_undecodable(kept: int) -> None:
    with pytest.raises(UndecodableFrame):
        decode_gray(jpeg(1280, 720)[:kept])


def test_half_a_jpeg_is_undecodable() -> None:
    whole = jpeg(1280, 720)
    with pytest.raises(UndecodableFrame, match="damaged or cut off"):
        decode_gray(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    "junk", [b"", b"no jpeg at all", b"\x89PNG\r\n\x1a\n" + bytes(100), b"\xff\xd8\xff" * 40]
)
def test_what_is_no_jpeg_is_undecodable(junk: bytes) -> None:
    with pytest.raises(UndecodableFrame, match="no JPEG with a size"):
        decode_gray(junk)


def test_a_jpeg_that_claims_another_size_than_it_can_have_is_undecodable() -> None:
    whole = jpeg(64, 48)
    at = whole.index(b"\xff\xc0") + 5
    with pytest.raises(UndecodableFrame):
        decode_gray(whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :])
