"""Links that run for the length of a test, and what arrives at them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.runtime.mqtt import BrokerAddress, Delivery, Link
from services.runtime.stop import Stop

WAIT_S = 15.0


def eventually(true: Callable[[], object], within_s: float = WAIT_S) -> None:
    """Returns as soon as it is so; fails where it does not come to that."""
    until_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until_s, "it did not come to that"
        time.sleep(0.01)


class Running:
    """A link in a thread of its own."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.failure: BaseException | None = None
        self._stop = Stop()  # as services have it
        self._thread = threading.Thread(target=self._live, name=f"link-{link.client_id}", daemon=True)

    def _live(self) -> None:
        try:
            self.link.run(self._stop)
        except BaseException as error:  # noqa: BLE001  (the test looks at it)
            self.failure = error

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> float:
        """Seconds that it took."""
        began_s = time.monotonic()
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        return time.monotonic() - began_s

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()


@contextmanager
def running(link: Link, *, connected: bool = True) -> Iterator[Running]:
    """The link lives as long as the block; what it raised is in `failure`."""
    alive = Running(link)
    alive.start()
    try:
        if connected:
            eventually(lambda: link.connected or alive.ended)
            if alive.failure:
                raise alive.failure
        yield alive
    finally:
        alive.stop()


class Inbox:
    """Notes deliveries; acknowledges them unless told otherwise."""

    def __init__(self, *, acknowledges: bool = True) -> None:
        self.deliveries: list[Delivery] = []
        self.acknowledges = acknowledges

    def __call__(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        if self.acknowledges:
            delivery.ack()

    @property
    def payloads(self) -> list[bytes]:
        return [delivery.payload for delivery in self.deliveries]

    def wait_for(self, count: int) -> list[Delivery]:
        eventually(lambda: len(self.deliveries) >= count)
        return self.deliveries[:count]


class Retained:
    """What a topic says now, as somebody sees it who connects on his own."""

    def __init__(self, broker: BrokerAddress, topic: str) -> None:
        self._inbox = Inbox()
        self._link = Link(broker, f"watch-{topic}")
        self._link.subscribe(topic, self._inbox)

    @contextmanager
    def watched(self) -> Iterator["Retained"]:
        with running(self._link):
            yield self

    @property
    def words(self) -> list[str]:
        return [payload.decode() for payload in self._inbox.payloads]

    def becomes(self, word: str) -> None:
        eventually(lambda: self.words[-1:] == [word])
