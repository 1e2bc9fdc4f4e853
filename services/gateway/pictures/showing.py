"""How somebody comes to watch a camera, whatever the pictures then travel in."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from services.contract.topics import LIVE
from services.gateway.pictures.channel import Channel
from services.gateway.pictures.fanout import Fanout
from services.gateway.pictures.hub import Hub
from services.gateway.pictures.scaling import Scaling
from services.gateway.pictures.wishes import Wishes


class Showing:
    """Counts who watches, and finds the channel for what they wish."""

    def __init__(self, hub: Hub, scaling: Scaling, fanout: Fanout, max_viewers: int) -> None:
        self.fanout = fanout
        self._hub = hub
        self._scaling = scaling
        self._max_viewers = max_viewers

    @contextmanager
    def watch(self, camera: str, wishes: Wishes) -> Iterator[Channel]:
        """The channel with such pictures, kept open inside the block. Raises 503 where too many watch."""
        if self._hub.viewers >= self._max_viewers:
            raise web.HTTPServiceUnavailable(
                text=f"{self._max_viewers} viewers are watching, which is the most (gateway.max_viewers)",
                headers={"Retry-After": "5"},
            )
        with self._hub.watch(camera, LIVE) as channel:
            if not wishes.width:
                yield channel
                return
            with self._scaling.watch(channel, wishes.width, wishes.interval_s) as narrow:
                yield narrow
