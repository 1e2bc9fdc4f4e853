"""Sends pictures to all who watch: sockets of our own in an epoll set of our own, inside the event loop."""

import asyncio
import select
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

from services.gateway.access.welcome import Welcome
from services.gateway.pictures import taking
from services.gateway.pictures.audience import Audience
from services.gateway.pictures.channel import Channel
from services.gateway.pictures.pace import Pace
from services.gateway.pictures.sheet import AVAILABLE
from services.gateway.pictures.viewer import Viewer
from services.gateway.pictures.wishes import Wishes

if AVAILABLE:
    _GONE = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
    #: Said once when there is room again after a send that met none, so nothing is to be asked for meanwhile.
    _EVENTS = select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
_AT_ONCE = 512


class Seat(NamedTuple):
    """A viewer's place: where it belongs to, and who is told that it is free again."""

    viewer: Viewer
    audience: Audience
    left: Callable[[], None]


class Fanout:
    """Every viewer to whom pictures can be sent from a file. Lives in the event loop that opens it."""

    def __init__(self) -> None:
        self._seats: dict[int, Seat] = {}
        self._audiences: dict[Channel, Audience] = {}
        self._stalled: dict[Viewer, None] = {}

    def __enter__(self) -> "Fanout":
        self._loop = asyncio.get_running_loop()
        self._epoll = select.epoll()
        self._loop.add_reader(self._epoll.fileno(), self._ready)
        return self

    def __exit__(self, *_: object) -> None:
        """Ends all who watch."""
        for seat in list(self._seats.values()):
            self._leave(seat.viewer)
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()

    def __len__(self) -> int:
        return len(self._seats)

    def join(
        self,
        sock: socket.socket,
        channel: Channel,
        wishes: Wishes,
        welcome: Welcome,
        left: Callable[[], None],
    ) -> None:
        """From now on the socket is ours; `left` is called when its viewer has gone."""
        if self._epoll.closed:  # it came while the others were ended
            sock.close()
            left()
            return
        audience = self._audiences.get(channel)
        if audience is None:
            audience = Audience(self._loop, channel, self._stall, self._leave)
            self._audiences[channel] = audience
        pace = Pace(wishes.interval_s, self._loop.time) if wishes.interval_s else None
        viewer = Viewer(sock, wishes, pace, welcome)
        audience.size += 1
        self._seats[viewer.fd] = Seat(viewer, audience, left)
        self._epoll.register(viewer.fd, _EVENTS)
        audience.join(viewer)

    def tick(self) -> None:
        """Once a second: ends those who take nothing, and those whose login has ended."""
        now = time.monotonic()
        dead = [viewer for viewer in self._stalled if now - viewer.stalled_at > taking.DEAD_S]
        holds = {welcome: welcome() for welcome in {seat.viewer.welcome for seat in self._seats.values()}}
        unwelcome = [seat.viewer for seat in self._seats.values() if not holds[seat.viewer.welcome]]
        for viewer in {*dead, *unwelcome}:
            self._leave(viewer, at_once=True)

    def _stall(self, viewer: Viewer) -> None:
        viewer.stalled_at = time.monotonic()
        self._stalled[viewer] = None

    def _ready(self) -> None:
        for fd, events in self._epoll.poll(0, _AT_ONCE):
            seat = self._seats.get(fd)
            if seat is None:  # it has left a moment ago
                continue
            if events & _GONE:
                self._leave(seat.viewer)
            elif seat.viewer in self._stalled:
                del self._stalled[seat.viewer]  # when it is through, it may at once stall in the next one
                if not seat.audience.resume(seat.viewer):
                    self._stalled[seat.viewer] = None  # still in the same, so since then

    def _leave(self, viewer: Viewer, *, at_once: bool = False) -> None:
        seat = self._seats.pop(viewer.fd)
        self._stalled.pop(viewer, None)
        viewer.close(at_once=at_once)
        audience = seat.audience
        audience.size -= 1
        if not audience.size:
            del self._audiences[audience.channel]
            audience.close()
        seat.left()
