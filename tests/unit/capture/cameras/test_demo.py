"""The demo camera's pictures carry the numbers that their frames get."""

import threading
import time
from datetime import UTC, datetime
from itertools import islice

from services.capture.cameras.camera import CameraOptions
from services.capture.cameras.demo import DemoCamera
from services.capture.cameras.number import read_number
from services.contract.urls import DemoUrl
from tests.unit.capture.cameras.pictures import decode

DEMO = DemoUrl(width=320, height=180, fps=60)


def test_pictures_are_numbered_over_the_cameras_life() -> None:
    camera, stop = DemoCamera(DEMO, CameraOptions(quality=80)), threading.Event()
    pictures = [*islice(camera.pictures(stop), 3), *islice(camera.pictures(stop), 2)]
    assert [read_number(decode(picture.jpeg)) for picture in pictures] == [1, 2, 3, 4, 5]


def test_a_picture_carries_the_number_that_its_frame_will_get() -> None:
    taken: list[tuple[int, int | None]] = []
    camera = DemoCamera(DEMO, CameraOptions(), next_number=lambda: 100 + len(taken))
    for n, picture in enumerate(islice(camera.pictures(threading.Event()), 6)):
        if n % 2:  # the others get no number: they are not taken
            taken.append((100 + len(taken), read_number(decode(picture.jpeg))))
    assert taken == [(100, 100), (101, 101), (102, 102)]


def test_a_pictures_time_is_when_it_was_drawn() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    picture = next(DemoCamera(DEMO, CameraOptions(), now=lambda: now).pictures(threading.Event()))
    assert picture.time == now


def test_it_ends_as_soon_as_it_is_told_to() -> None:
    stop = threading.Event()
    pictures = DemoCamera(DemoUrl(width=320, height=180, fps=0.1), CameraOptions()).pictures(stop)
    next(pictures)
    threading.Timer(0.05, stop.set).start()
    began = time.monotonic()
    assert list(pictures) == []
    assert time.monotonic() - began < 0.5
