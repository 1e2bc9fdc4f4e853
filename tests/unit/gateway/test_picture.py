import pytest

from services.contract.frame import NotAFrame, check
from services.gateway.pictures.picture import OPENING, no_picture, received
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
