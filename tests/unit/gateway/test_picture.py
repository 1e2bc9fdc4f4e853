import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image, ImageChops

from services.contract.frame import NotAFrame, check
from services.gateway.pictures.picture import OPENING, no_picture, received
from services.gateway.pictures.placard import words
from tests.unit.gateway.frames import NOW, frame


def test_a_part_is_complete_and_says_when_it_was_taken() -> None:
    jpeg = frame(42)
    head = (
        f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n"
        "X-Timestamp: 1795163412.123457\r\nX-Sequence: 42\r\n\r\n"
    )
    assert received(jpeg, NOW).part == head.encode() + jpeg + b"\r\n" + OPENING


def test_a_frame_that_does_not_say_when_it_was_taken_counts_from_its_arrival() -> None:
    picture = received(b"\xff\xd8\xff\xd9", NOW)
    assert (picture.time, picture.sequence) == (NOW, 0)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(NotAFrame):
        received(frame()[:-2], NOW)


def test_there_is_a_picture_that_says_that_there_is_none() -> None:
    picture = no_picture(NOW)
    check(picture.jpeg)
    assert not picture.live
    assert picture.headers == {"X-Timestamp": "1795163412.123457", "X-Sequence": "0"}


def test_it_says_the_time_of_the_servers_zone_so_that_an_old_one_is_seen_to_be_old() -> None:
    assert words(NOW, ZoneInfo("America/New_York")) == "Fri 20 Nov 2026, 03:30:12"
    first, second = (
        Image.open(io.BytesIO(no_picture(NOW + timedelta(seconds=later)).jpeg)).convert("L")
        for later in (0, 33)
    )
    box = ImageChops.difference(first, second).point(lambda level: 255 * (level > 60)).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert 320 < left < right < 960
    assert 530 < top < bottom < 590
