"""Connections that ask for nothing: they are shown out after a while, and sooner where there are too many."""

import asyncio
import resource
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from services.gateway.access.guard import Handler

#: How long the head of a connection's first request may take.
HEAD_S = 10.0
#: How long a connection may be idle between requests: longer than nginx (60 s) and Traefik (90 s) keep one.
IDLE_S = 100.0
#: How long a request with a body may take in all.
BODY_S = 40.0
#: How long the end of all connections may take; it takes a few turns of the loop.
FAREWELL_S = 1.0
#: So many may be idle, of all the files that the process may have open. Each takes about 15 KB.
IDLE_SHARE, MOST_IDLE = 0.25, 4096
#: More files than that are asked of no system.
MOST_FILES = 65536


class Guest(web.RequestHandler):
    """A connection, as aiohttp handles it; the doorman hears of its coming and going."""

    __slots__ = ("_doorman",)

    def __init__(self, doorman: "Doorman", server: web.Server, **options: Any) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), keepalive_timeout=IDLE_S, **options)
        self._doorman = doorman

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        self._doorman.let_in(self, transport)

    def handle_error(
        self, request: Any, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """What is met before our own code has its turn, such as an `Expect` that is no text."""
        if status == 500 and not is_text(request.headers):
            response = web.Response(status=400, text="the request has a header that is no text\n")
            response.force_close()
            return response
        return super().handle_error(request, status, exc, message)

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Whoever sends what is no HTTP does not fill our log: its answer says what is wrong."""
        if not isinstance(kw.get("exc_info"), (HttpProcessingError, web.RequestPayloadError)):
            super().log_exception(*args, **kw)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._doorman.gone(self)
        super().connection_lost(exc)


class Doorman:
    """Knows all connections between requests. Each newcomer beyond `most_idle` costs the one idle longest."""

    def __init__(self) -> None:
        self.most_idle = MOST_IDLE
        self._guests: dict[Guest, asyncio.Transport] = {}
        self._idle: dict[Guest, asyncio.TimerHandle] = {}
        self._closed = False
        self._empty = asyncio.Event()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Outermost, so that it knows of every request. Raises 408 where a body takes too long."""
        guest = request.protocol
        assert isinstance(guest, Guest)
        self.forget(guest)
        try:
            if not request.can_read_body:
                return await handler(request)
            return await _in_time(request, handler)
        finally:
            if guest in self._guests:
                self.wait_for(guest, IDLE_S)

    def let_in(self, guest: Guest, transport: asyncio.Transport) -> None:
        self._guests[guest] = transport
        self.wait_for(guest, HEAD_S)
        if self._closed:
            transport.abort()

    def gone(self, guest: Guest) -> None:
        self.forget(guest)
        self._guests.pop(guest, None)
        if not self._guests:
            self._empty.set()

    async def see_off(self) -> None:
        """Ends all connections, and those that come yet.

        aiohttp has closed those that it knew: that of somebody who does not read what he asked for stays.
        """
        self._closed = True
        self._empty.clear()
        for transport in self._guests.values():
            transport.abort()
        if self._guests:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), FAREWELL_S)

    def wait_for(self, guest: Guest, seconds: float) -> None:
        """It may take so long to ask for something."""
        if len(self._idle) >= self.most_idle:
            self._show_out(next(iter(self._idle)))
        self._idle[guest] = asyncio.get_running_loop().call_later(seconds, self._show_out, guest)

    def forget(self, guest: Guest) -> None:
        if timer := self._idle.pop(guest, None):
            timer.cancel()

    def settle(self) -> None:
        """Makes room: as many open files as the system lets us have, within reason, a share for the idle."""
        self.most_idle = min(int(raise_file_limit() * IDLE_SHARE), MOST_IDLE)

    def _show_out(self, guest: Guest) -> None:
        self.forget(guest)
        self._guests[
            guest
        ].abort()  # aiohttp lets go of one that it has closed, which may yet have much to send


def is_text(headers: Mapping[str, str]) -> bool:
    """Whether all of them can be written again: aiohttp passes on bytes that are no UTF-8."""
    try:
        "".join(headers.values()).encode()
    except UnicodeEncodeError:
        return False
    return True


async def _in_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        async with asyncio.timeout(BODY_S) as patience:
            return await handler(request)
    except TimeoutError:
        if not patience.expired():
            raise
        raise web.HTTPRequestTimeout(text="the request took too long to arrive") from None


def raise_file_limit() -> int:
    """Raises the soft limit; says how many files may be open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
