"""Pictures that devices send to a topic."""

import pytest

from services.capture.cameras import CameraOptions, PushCamera
from services.capture.ingest import GRUMBLE_S, Ingest
from tests.unit.capture.cameras.pictures import jpeg
from tests.unit.links import FakeLink, Post

TOPIC = "nightjar-frames/yard/ingest"
PICTURE = jpeg(1)


class Device:
    """What it sends is offered to its camera."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.camera, self.post, link = PushCamera(CameraOptions()), Post(), FakeLink()
        Ingest("yard", self.camera, lambda: self.now_s).attach(link, TOPIC)
        _, self._handler = link._subscriptions[TOPIC]

    def send(self, payload: bytes, *, retain: bool = False) -> None:
        self._handler(self.post.deliver(TOPIC, payload, retain=retain))

    def waiting(self) -> list[bytes]:
        return [picture.jpeg for _, picture in self.camera._waiting]


@pytest.fixture
def device() -> Device:
    return Device()


def test_a_picture_reaches_its_camera(device: Device) -> None:
    device.send(PICTURE)
    assert device.waiting() == [PICTURE]


def test_one_of_long_ago_that_the_broker_kept_does_not(device: Device) -> None:
    device.send(PICTURE, retain=True)
    assert device.waiting() == []


def test_what_is_no_picture_is_said_but_not_for_each_one(
    device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        device.send(b"hello")
    device.now_s = GRUMBLE_S
    device.send(PICTURE[:-50])
    assert caplog.messages == [
        f"yard: a picture on {TOPIC} is not taken: it is no JPEG",
        f"yard: a picture on {TOPIC} is not taken: the JPEG is cut off or broken",
    ]
    assert device.waiting() == []
