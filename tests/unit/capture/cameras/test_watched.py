"""A camera is lost when its pictures stand still, or are none."""

import threading
from itertools import islice

import pytest

from services.capture.cameras.camera import CameraLost, CameraOptions
from services.capture.cameras.watched import Watched
from tests.unit.capture.cameras.pictures import jpeg
from tests.unit.capture.cameras.scripted import Scripted

OPTIONS = CameraOptions(stall_timeout_s=5, frozen_timeout_s=5)
A, B = jpeg(1), jpeg(2)


def watch(camera: Scripted, options: CameraOptions = OPTIONS) -> tuple[list[bytes], str]:
    """What came through, and the sentence with which it ended."""
    came: list[bytes] = []
    pictures = Watched(camera, options, camera.clock).pictures(threading.Event())
    try:
        came.extend(picture.jpeg for picture in pictures)
    except CameraLost as lost:
        return came, str(lost)
    return came, ""


def test_new_pictures_pass() -> None:
    assert watch(Scripted([A, B] * 50)) == ([A, B] * 50, "")


def test_the_very_same_picture_for_too_long_is_a_lost_camera() -> None:
    came, sentence = watch(Scripted([B] + [A] * 100))
    assert came == [B] + [A] * 6
    assert sentence == "it is frozen: the very same picture for 5 s"


def test_a_fast_camera_may_repeat_itself_for_a_while() -> None:
    assert watch(Scripted(([A] * 40 + [B] * 40) * 3, step_s=0.1))[1] == ""


def test_a_slow_camera_may_repeat_itself_twice() -> None:
    assert watch(Scripted([A, A, A, B, B, B], step_s=60))[1] == ""
    assert watch(Scripted([A, A, A, A], step_s=60))[1] != ""


def test_a_still_picture_is_believed_where_nobody_wants_that_checked() -> None:
    options = CameraOptions(stall_timeout_s=5, frozen_timeout_s=0)
    assert watch(Scripted([A] * 100), options) == ([A] * 100, "")


def test_what_was_encoded_here_may_stay_the_same() -> None:
    assert watch(Scripted([A] * 100, encoded_from="H.264"))[1] == ""


def test_what_is_no_picture_is_left_out_and_counted() -> None:
    camera = Watched(Scripted([A, b"", A[:-9], b"\xff\xd8\xff\xd9", B]), OPTIONS)
    assert [picture.jpeg for picture in camera.pictures(threading.Event())] == [A, B]
    assert camera.skipped == 3


def test_nothing_but_broken_pictures_for_too_long_is_a_lost_camera() -> None:
    came, sentence = watch(Scripted([A] + [A[:-9]] * 100))
    assert came == [A]
    assert sentence == "no picture of it was whole for 5 s"


def test_a_camera_that_needed_long_for_its_first_picture_has_its_time_from_then() -> None:
    camera = Scripted([A[:-9], A[:-9], B])
    camera.now_s = 1000.0
    assert watch(camera) == ([B], "")


def test_closing_it_closes_the_camera() -> None:
    camera = Scripted([A, B])
    pictures = Watched(camera, OPTIONS).pictures(threading.Event())
    list(islice(pictures, 1))
    pictures.close()  # type: ignore[attr-defined] # it is a generator
    assert camera.closed


def test_what_the_camera_skipped_is_counted_in() -> None:
    camera = Scripted([])
    camera.skipped = 7
    assert Watched(camera, OPTIONS).skipped == 7


@pytest.mark.parametrize("count", [1, 3])
def test_each_connection_begins_anew(count: int) -> None:
    camera = Scripted([A] * 6)
    watched = Watched(camera, OPTIONS, camera.clock)
    for _ in range(count):
        assert len(list(watched.pictures(threading.Event()))) == 6
