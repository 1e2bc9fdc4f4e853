"""Keeps what Home Assistant is told in step with what there is, over all lives of ours."""

import json
import random
import time
from collections.abc import Callable
from typing import Any

from services.contract.status import ONLINE
from services.contract.topics import Topics
from services.gateway.homeassistant.forms import BIRTH, FILTERS, Configs, Messages, parting
from services.gateway.homeassistant.naming import is_ours
from services.runtime.mqtt import Link

#: Every publisher of discovery says its part again when Home Assistant starts: not all in the same second.
LEAST_DELAY_S, MOST_DELAY_S = 0.5, 3.0
MOST_BYTES = 1_000_000


class Discovery:
    """Retained messages on Home Assistant's topics, published by this service alone. For one thread.

    What others of us published on them is seen, since it is retained: a camera that left the configuration
    while nobody was here is taken away all the same.
    """

    def __init__(
        self,
        topics: Topics,
        link: Link,
        *,
        messages: Messages,
        describe: Callable[[], Configs],
        repeat_states: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        delay: Callable[[], float] = lambda: random.uniform(LEAST_DELAY_S, MOST_DELAY_S),
    ) -> None:
        """`describe` gives the same object as long as nothing has changed."""
        self._topics = topics
        self._link = link
        self._messages = messages
        self._describe = describe
        self._repeat_states = repeat_states
        self._clock, self._delay = clock, delay
        self._described: Configs | None = None
        self._held: dict[str, bytes] = {}
        self._found: dict[str, dict[str, Any]] = {}
        self._again_s: float | None = None

    @staticmethod
    def filters() -> tuple[str, ...]:
        """What to subscribe to."""
        return (BIRTH, *FILTERS)

    def take(self, topic: str, payload: bytes) -> None:
        """What came on one of these topics."""
        if topic == BIRTH:
            if payload == ONLINE.encode():
                self._again_s = self._clock() + self._delay()
        elif payload and payload != self._held.get(topic) and (config := self._of_ours(payload)):
            self._found[topic] = config

    def tick(self) -> None:
        """Says what is new, takes away what is no more, and repeats it where Home Assistant has started."""
        devices = self._describe()
        if devices is not self._described or self._found:
            self._described = devices
            self._say(self._messages(devices))
        if self._again_s is not None and self._clock() >= self._again_s:
            self._again_s = None
            for topic, payload in self._held.items():
                self._link.send(topic, payload, retain=True)
            self._repeat_states()

    def _say(self, wanted: dict[str, bytes]) -> None:
        for topic in (self._found.keys() | self._held.keys()) - wanted.keys():
            self._link.hold(topic, b"")
            self._held.pop(topic, None)
        for topic, payload in wanted.items():
            before = self._found.get(topic) or json.loads(self._held.get(topic, b"{}"))
            if last_words := parting(before, payload):
                self._link.hold(topic, last_words)
            self._link.hold(topic, payload)
        self._found.clear()
        self._held = wanted

    def _of_ours(self, payload: bytes) -> dict[str, Any] | None:
        """The configuration that an earlier life or a replica of ours has published; None for any other."""
        if len(payload) > MOST_BYTES:
            return None
        try:
            config = json.loads(payload)
            identifiers = config["device"]["identifiers"]
        except (ValueError, KeyError, TypeError):
            return None
        ours = isinstance(identifiers, list) and any(is_ours(each, self._topics) for each in identifiers)
        return config if ours else None
