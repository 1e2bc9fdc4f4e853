"""Server-sent events to one browser, until it or its login has gone."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from services.gateway.access.caller import CALLER
from services.gateway.access.welcome import welcome_of
from services.gateway.pictures.taking import limit_buffers

HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
#: How soon a browser comes again when the connection is lost.
RETRY = b"retry: 2000\n"
#: Said where there is nothing else: who does not get it knows that the connection is lost.
BEAT = b"event: beat\ndata: {}\n\n"
#: A browser that does not take what it is told within so long has gone.
DEAD_S = 30.0

Following = Callable[[float], Awaitable[bytes]]
"""What is to be said next, within so many seconds at most."""


async def talk(request: web.Request, first: bytes, following: Following) -> web.StreamResponse:
    """Says the first thing, and then what follows. The login is looked at before each word."""
    response = web.StreamResponse(headers=HEADERS)
    response.force_close()  # when it ends, nothing follows
    welcome = welcome_of(request)
    try:
        await response.prepare(request)
        if request.transport:
            limit_buffers(request.transport)
        await _say(response, RETRY + first)
        while (left_s := request[CALLER].ends - time.time()) > 0:
            said = await following(left_s)
            if not welcome():
                break
            await _say(response, said)
    except (ConnectionError, TimeoutError):
        if request.transport:
            request.transport.abort()  # what it has not taken is not waited for
    return response


async def _say(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(DEAD_S):
        await response.write(data)
