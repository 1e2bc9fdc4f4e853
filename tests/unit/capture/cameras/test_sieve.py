"""Patience with a source that sends no pictures has an end."""

import pytest

from services.capture.cameras.camera import CameraLost
from services.capture.cameras.mjpeg import jpeg_in
from services.capture.cameras.sieve import Sieve
from tests.unit.capture.cameras.pictures import jpeg, with_thumbnail


def test_bytes_without_a_picture_for_too_long_are_a_lost_camera() -> None:
    times = iter([0.0, 4.0, 6.0, 10.0, 12.0])
    sieve = Sieve("cam", 1 << 20, 5.0, lambda: next(times))
    assert sieve.feed(b"junk") == []
    assert sieve.feed(jpeg(1)) == [jpeg(1)]
    assert sieve.feed(b"junk") == []
    with pytest.raises(CameraLost) as raised:
        sieve.feed(b"junk")
    assert str(raised.value) == "cam sends data, but no JPEG among it"


def test_a_jpeg_is_found_in_front_of_whatever_follows_it() -> None:
    whole = with_thumbnail(jpeg(1))
    assert jpeg_in(whole) == whole
    assert jpeg_in(whole + b"a trailer of a photo program" + jpeg(2)) == whole
    assert jpeg_in(whole[:-2]) is None
    assert jpeg_in(b"") is None
