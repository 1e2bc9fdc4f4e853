"""Pictures that come by themselves are taken over, or refused with a reason."""

import threading
from datetime import timedelta
from itertools import islice

import pytest

from services.capture.cameras import CameraOptions, CameraSilent, PushCamera, open_camera
from tests.unit.capture.cameras.pictures import jpeg, without_tables
from tests.unit.capture.cameras.scripted import NOW

OPTIONS = CameraOptions(stall_timeout_s=5, max_bytes=1 << 20)


class Time:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_what_is_offered_is_given_in_order_and_untouched() -> None:
    camera = PushCamera(OPTIONS)
    times = [NOW + timedelta(seconds=n) for n in range(3)]
    assert [camera.offer(jpeg(n), when) for n, when in enumerate(times)] == ["", "", ""]
    pictures = list(islice(camera.pictures(threading.Event()), 3))
    assert [(picture.jpeg, picture.time) for picture in pictures] == [(jpeg(n), times[n]) for n in range(3)]


def test_a_burst_that_is_too_long_loses_its_oldest_and_counts_them() -> None:
    camera = PushCamera(OPTIONS)
    for n in range(20):
        camera.offer(jpeg(n), NOW)
    assert [p.jpeg for p in islice(camera.pictures(threading.Event()), 8)] == [jpeg(n) for n in range(12, 20)]
    assert camera.skipped == 12


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is no JPEG"),
        (b"\x89PNG", "it is no JPEG"),
        (jpeg(1)[:-10], "the JPEG is cut off or broken"),
        (b"\xff\xd8\xff\xd9", "the JPEG is cut off or broken"),
        (jpeg(1)[:-2] + bytes(1 << 20), "it is larger than 1 MB"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    assert PushCamera(OPTIONS).offer(data, NOW) == reason


def test_what_is_taken_is_made_canonical() -> None:
    camera = PushCamera(OPTIONS)
    assert camera.offer(without_tables(jpeg(1)) + b"\r\n\x00and more", NOW) == ""
    [picture] = islice(camera.pictures(threading.Event()), 1)
    assert without_tables(picture.jpeg) == without_tables(jpeg(1)) != picture.jpeg


def test_silence_is_a_loss_that_may_be_tried_again_at_once() -> None:
    camera = PushCamera(CameraOptions(stall_timeout_s=0.05))
    with pytest.raises(CameraSilent) as raised:
        next(iter(camera.pictures(threading.Event())))
    assert str(raised.value) == "nothing has been sent for 0.05 s"


def test_what_came_while_nobody_took_pictures_is_left_out_when_it_is_old() -> None:
    time = Time()
    camera = PushCamera(OPTIONS, time)
    camera.offer(jpeg(1), NOW)
    time.now_s += 6
    camera.offer(jpeg(2), NOW)
    [picture] = islice(camera.pictures(threading.Event()), 1)
    assert picture.jpeg == jpeg(2)


def test_stop_ends_it() -> None:
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    assert list(PushCamera(OPTIONS).pictures(stop)) == []


def test_many_threads_may_offer_while_one_takes() -> None:
    camera, count = PushCamera(OPTIONS), 4 * 50
    threads = [
        threading.Thread(target=lambda t=t: [camera.offer(jpeg(t), NOW) for _ in range(50)]) for t in range(4)
    ]
    for thread in threads:
        thread.start()
    stop, taken = threading.Event(), 0
    pictures = camera.pictures(stop)
    for thread in threads:
        thread.join()
    while taken + camera.skipped < count:
        next(pictures)
        taken += 1
    assert taken + camera.skipped == count


def test_the_caller_hands_in_the_pictures() -> None:
    pushed = PushCamera(OPTIONS)
    camera = open_camera("mqtt:nightjar-devices/garage", OPTIONS, pushed=pushed)
    pushed.offer(jpeg(1), NOW)
    [picture] = islice(camera.pictures(threading.Event()), 1)
    assert picture.jpeg == jpeg(1)
