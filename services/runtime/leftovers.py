"""Retained messages about cameras that are no more: a broker keeps them until somebody takes them back."""

from collections.abc import Callable, Container, Iterable

from services.contract.topics import ANY, Topics
from services.runtime.mqtt import Delivery, Link

#: All retained topics of a camera that a service publishes.
TopicsOf = Callable[[str], Iterable[str]]


class Leftovers:
    """Takes them back when a camera goes, and at the start those of cameras that went in the meantime.

    `mark` is one topic's leaf that the service keeps for every camera: where it is, all the others may be.
    """

    def __init__(self, link: Link, topics: Topics, mark: str, of: TopicsOf, known: Container[str]) -> None:
        """`known`: the cameras of the configuration, also those of other replicas."""
        self.known = known
        self._link = link
        self._topics = topics
        self._mark = mark
        self._of = of

    def attach(self) -> None:
        """Before the link runs."""
        self._link.subscribe(self._topics.camera(ANY, self._mark), self._found)

    def clear(self, cameras: Iterable[str]) -> None:
        """Nothing more is said of these cameras, and nothing is remembered."""
        for camera in cameras:
            for topic in self._of(camera):
                self._link.release(topic)

    def _found(self, delivery: Delivery) -> None:
        camera, _ = self._topics.split(delivery.topic) or ("", "")
        if delivery.retain and delivery.payload and camera and camera not in self.known:
            self.clear([camera])
