"""One camera's newest picture, and who waits for the next one."""

import asyncio
from collections.abc import Callable

from services.gateway.pictures.picture import Picture
from services.gateway.pictures.tally import Tally

Listener = Callable[[Picture], None]


class Channel:
    """Holds one picture; who waits for the next one wakes up with it, who listens is told at once."""

    def __init__(self, now: float, tally: Tally | None = None) -> None:
        """`tally`: where it is counted what its viewers are given."""
        self.tally = tally or Tally()
        self.newest: Picture | None = None
        self.count = 0
        self.viewers = 0
        self.seen = False  # a picture of the camera itself
        self.opened = now
        self.last_put = now
        self.last_viewer = now
        self.listeners: list[Listener] = []
        self._pulse = asyncio.Event()

    def put(self, picture: Picture, now: float) -> None:
        self.newest = picture
        self.seen = self.seen or picture.live
        self.count += 1
        self.last_put = now
        for listener in self.listeners:
            listener(picture)
        self._pulse.set()  # wakes all who wait now; who comes later waits for the next one
        self._pulse.clear()

    async def after(self, count: int) -> tuple[int, Picture]:
        """The newest picture and its count, once that is above `count`: what came between is skipped."""
        while self.count <= count:
            await self._pulse.wait()
        assert self.newest is not None
        return self.count, self.newest
