"""What a USB camera's driver gives becomes pictures; its buffers are recorded ones."""

import threading
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from services.capture.cameras.camera import CameraLost, CameraOptions
from services.capture.cameras.edits import Edits
from services.capture.cameras.encode import Image
from services.capture.cameras.v4l2 import OpenCvDevice, V4l2Camera
from services.contract.urls import V4l2Url
from tests.unit.capture.cameras.pictures import decode, jpeg, without_tables
from tests.unit.capture.cameras.scripted import NOW

URL = V4l2Url(Path("/dev/video7"))
OPTIONS = CameraOptions(connect_timeout_s=0.1, stall_timeout_s=0.1)


class Buffers:
    """A device that gives one buffer each time the test allows it, and then stands still or ends."""

    def __init__(
        self, buffers: Sequence[bytes | Image | None], kind: str = "Motion JPEG", *, ends: bool = False
    ) -> None:
        self.kind = kind
        self.closed = threading.Event()
        self._buffers, self._ends = list(buffers), ends
        self._taken = threading.Semaphore(1)
        self._over = threading.Event()

    def next(self) -> None:
        self._taken.release()

    def grab(self) -> bool:
        if not self._buffers:
            return not self._ends and self._over.wait(0.5)
        self._taken.acquire(timeout=1)
        return True

    def retrieve(self) -> bytes | Image | None:
        return self._buffers.pop(0)

    def close(self) -> None:
        self.closed.set()


def take(device: Buffers, count: int, options: CameraOptions = OPTIONS) -> list[tuple[bytes, str]]:
    pictures = V4l2Camera(URL, options, lambda: NOW, lambda _: device).pictures(threading.Event())
    taken = []
    for picture in islice(pictures, count):
        taken.append((picture.jpeg, picture.encoded_from))
        device.next()
    return taken


def test_the_drivers_jpegs_pass_through_without_what_is_behind_them_in_the_buffer() -> None:
    buffers = [jpeg(1), jpeg(2) + bytes(5000), jpeg(3) + jpeg(1)[-300:]]
    assert take(Buffers(buffers), 3) == [(jpeg(n), "") for n in (1, 2, 3)]


def test_missing_huffman_tables_are_put_in() -> None:
    [(picture, _)] = take(Buffers([without_tables(jpeg(1)) + bytes(99)]), 1)
    assert without_tables(picture) == without_tables(jpeg(1)) != picture


def test_pixels_are_encoded_with_their_edits() -> None:
    gray = np.full((48, 64, 3), 90, np.uint8)
    options = CameraOptions(edits=Edits(rotate=90))
    [(picture, kind)] = take(Buffers([gray], "YUYV"), 1, options)
    assert decode(picture).shape == (64, 48, 3)
    assert kind == "YUYV"


def test_half_a_jpeg_is_left_out_and_counted() -> None:
    device = Buffers([jpeg(1)[:-200], None, jpeg(2)])
    device.next()
    device.next()
    camera = V4l2Camera(URL, OPTIONS, lambda: NOW, lambda _: device)
    [picture] = islice(camera.pictures(threading.Event()), 1)
    assert (picture.jpeg, camera.skipped) == (jpeg(2), 2)


def test_a_device_that_stands_still_is_lost() -> None:
    with pytest.raises(CameraLost) as raised:
        take(Buffers([jpeg(1)]), 2)
    assert str(raised.value) == "/dev/video7 has given no picture for 0.1 s"


def test_a_device_that_is_pulled_out_is_lost_and_closed() -> None:
    device = Buffers([jpeg(1)], ends=True)
    with pytest.raises(CameraLost) as raised:
        take(device, 2)
    assert str(raised.value) == "/dev/video7 gives no more pictures"
    assert device.closed.wait(1)


def test_a_device_that_is_let_go_is_closed() -> None:
    device = Buffers([jpeg(n) for n in range(9)])
    for _ in range(9):
        device.next()
    pictures = V4l2Camera(URL, OPTIONS, lambda: NOW, lambda _: device).pictures(threading.Event())
    next(pictures)
    pictures.close()  # type: ignore[attr-defined] # it is a generator
    assert device.closed.wait(1)


def test_a_device_that_is_not_there_is_lost_until_it_is_plugged_in() -> None:
    camera = V4l2Camera(V4l2Url(Path("/dev/no-such-video")), OPTIONS)
    with pytest.raises(CameraLost) as raised:
        next(iter(camera.pictures(threading.Event())))
    assert str(raised.value) == (
        "there is no /dev/no-such-video; plug the camera in, or let this service see the device"
    )


def test_a_device_without_video_says_so() -> None:
    with pytest.raises(
        CameraLost, match=r"^/dev/null cannot be opened: it gives no video, or another program"
    ):
        OpenCvDevice(V4l2Url(Path("/dev/null")))
