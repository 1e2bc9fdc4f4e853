"""Who wants a camera's pictures, as others say it."""

import pytest

from services.capture.demand import Demand
from tests.unit.links import TOPICS, FakeLink, Post


class Said:
    """A demand, and what is said to it."""

    def __init__(self) -> None:
        self.demand, self.post = Demand(), Post()
        link = FakeLink()
        self.demand.attach(link, TOPICS, "yard")
        self._handlers = {topic: handler for topic, (_, handler) in link._subscriptions.items()}

    def want(self, who: str, payload: bytes) -> None:
        topic = TOPICS.want("yard", who)
        self._handlers[TOPICS.want("yard", "+")](self.post.deliver(topic, payload, retain=True))

    def gateway(self, payload: bytes) -> None:
        topic = TOPICS.service("gateway", "1")
        self._handlers[TOPICS.service("gateway", "+")](self.post.deliver(topic, payload, retain=True))


@pytest.fixture
def said() -> Said:
    return Said()


def test_nobody_wants_it_before_somebody_says_so(said: Said) -> None:
    assert not said.demand.wanted


def test_one_who_wants_it_is_enough(said: Said) -> None:
    said.want("motion-1", b"ON")
    said.want("gateway-1", b"ON")
    said.want("motion-1", b"OFF")
    assert said.demand.wanted
    said.want("gateway-1", b"OFF")
    assert not said.demand.wanted


def test_a_want_that_is_cleared_is_none(said: Said) -> None:
    said.want("gateway-1", b"ON")
    said.want("gateway-1", b"")
    assert not said.demand.wanted


def test_a_gateway_that_is_gone_has_no_viewers(said: Said) -> None:
    said.want("gateway-1", b"ON")
    said.gateway(b"offline")
    assert not said.demand.wanted
    said.gateway(b"online")
    assert said.demand.wanted
