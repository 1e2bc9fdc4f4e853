"""Scores on their way to who tunes: asked for on MQTT while somebody listens, and only then."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from services.contract import topics as leaf
from services.contract.topics import Topics
from services.runtime.mqtt import Delivery, Link

#: Asked for again so often, for a little longer: whoever goes need not say so.
ASK_EVERY_S, FOR_S = 5.0, 12.0
#: Scores that wait for a slow browser; the oldest are dropped.
MOST_WAITING = 30


class Listener:
    """One page that is open."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)

    def put(self, score: bytes) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(score)

    async def take(self) -> bytes:
        """The next score, as JSON in one line."""
        return await self._waiting.get()


class Scores:
    """Everybody who tunes, camera by camera. Used in the gateway's loop alone."""

    def __init__(self, topics: Topics, link: Link) -> None:
        self._topics = topics
        self._link = link
        self._listeners: dict[str, set[Listener]] = {}

    @contextmanager
    def listen(self, camera: str) -> Iterator[Listener]:
        listener = Listener()
        listeners = self._listeners.setdefault(camera, set())
        if not listeners:
            self._subscribe(camera)
        listeners.add(listener)
        try:
            yield listener
        finally:
            listeners.discard(listener)
            if not listeners:
                self._link.unsubscribe(self._topics.camera(camera, leaf.SCORE))

    def ask(self, camera: str) -> None:
        """Motion is to say the camera's scores for a while."""
        self._link.flash(self._topics.camera(camera, leaf.TUNE), f"{FOR_S:g}".encode())

    def __len__(self) -> int:
        return sum(map(len, self._listeners.values()))

    def _subscribe(self, camera: str) -> None:
        loop = asyncio.get_running_loop()

        def arrived(delivery: Delivery) -> None:
            loop.call_soon_threadsafe(self._tell, camera, delivery.payload)

        self._link.subscribe(self._topics.camera(camera, leaf.SCORE), arrived, qos=0)

    def _tell(self, camera: str, score: bytes) -> None:
        for listener in self._listeners.get(camera, ()):
            listener.put(score)
