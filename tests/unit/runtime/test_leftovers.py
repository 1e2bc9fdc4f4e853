from collections.abc import Callable

from services.contract.topics import Topics
from services.runtime.leftovers import Leftovers
from services.runtime.mqtt import Delivery
from tests.unit.links import FakeLink

TOPICS = Topics()


class Broker(FakeLink):
    """Gives what it retains when it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers: dict[str, Callable[[Delivery], None]] = {}

    def subscribe(self, topic_filter: str, handler: Callable[[Delivery], None], qos: int = 1) -> None:
        self.handlers[topic_filter] = handler

    def retained(self, camera: str, payload: bytes = b"online", *, retain: bool = True) -> None:
        delivery = Delivery(TOPICS.camera(camera, "status"), payload, retain, 1, lambda: None)
        self.handlers["nightjar/camera/+/status"](delivery)

    def taken_back(self) -> list[str]:
        return [parcel.topic for parcel in self.take() if parcel.retain and not parcel.payload]


def made() -> tuple[Leftovers, Broker]:
    broker = Broker()
    leftovers = Leftovers(
        broker,
        TOPICS,
        "status",
        lambda camera: [TOPICS.camera(camera, "status"), TOPICS.stats(camera, "capture")],
        known={"door"},
    )
    leftovers.attach()
    return leftovers, broker


def test_what_is_retained_of_a_camera_that_is_no_more_is_taken_back() -> None:
    _, broker = made()
    broker.retained("old")
    assert broker.taken_back() == ["nightjar/camera/old/status", "nightjar/camera/old/stats/capture"]


def test_a_camera_that_is_there_keeps_what_is_said_of_it() -> None:
    _, broker = made()
    broker.retained("door")
    broker.retained("old", retain=False)  # our own words, just said
    broker.retained("old", b"")
    assert broker.taken_back() == []


def test_a_camera_that_goes_takes_all_along() -> None:
    leftovers, broker = made()
    leftovers.clear({"door"})
    assert broker.taken_back() == ["nightjar/camera/door/status", "nightjar/camera/door/stats/capture"]
