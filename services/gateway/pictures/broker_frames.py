"""Frames from the broker: subscribed while somebody watches, handed from the network thread to the loop."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from services.contract.status import OFF, ON
from services.contract.topics import LIVE, Topics
from services.gateway.pictures.account import GatewayStats
from services.gateway.pictures.intake import Intake, Mailbox
from services.gateway.pictures.picture import Picture
from services.gateway.pictures.tally import Tally
from services.runtime.mqtt import Delivery, Link

Deliver = Callable[[str, str, Picture], None]


class BrokerFrames:
    """A `FrameSource` on two links: frames come over one, who wants them is said over the other."""

    def __init__(self, frames: Link, control: Link, topics: Topics, who: str, deliver: Deliver) -> None:
        self._frames = frames
        self._control = control
        self._topics = topics
        self._who = who
        self._deliver = deliver
        self._intake = Intake()
        self._loop: asyncio.AbstractEventLoop | None = None

    def account(self, camera: str, viewers: int, tally: Tally) -> GatewayStats:
        return self._intake.account(camera, viewers, tally)

    def begin(self, loop: asyncio.AbstractEventLoop, cameras: list[str]) -> None:
        """Before the links run: says that nobody watches, whatever one that was killed said last."""
        self._loop = loop
        for camera in cameras:
            self._want(camera, OFF)

    def open(self, camera: str, leaf: str) -> None:
        loop = self._loop
        assert loop is not None

        def served() -> None:
            if picture := mailbox.take():
                self._deliver(camera, leaf, picture)

        def ring() -> None:
            loop.call_soon_threadsafe(served)

        def arrived(delivery: Delivery) -> None:
            if picture := self._intake.accept(camera, leaf, delivery.payload, datetime.now(UTC)):
                mailbox.offer(picture)

        mailbox = Mailbox(ring)
        if leaf == LIVE:
            self._want(camera, ON)
        self._frames.subscribe(self._topics.frames(camera, leaf), arrived, qos=0)

    def close(self, camera: str, leaf: str) -> None:
        self._frames.unsubscribe(self._topics.frames(camera, leaf))
        if leaf == LIVE:
            self._want(camera, OFF)

    def _want(self, camera: str, state: str) -> None:
        self._control.hold(self._topics.want(camera, self._who), state.encode())
