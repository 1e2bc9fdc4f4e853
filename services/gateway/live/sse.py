"""`/api/events`: the live state as server-sent events; everything first, then what changes."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from services.gateway.access.caller import CALLER
from services.gateway.access.welcome import welcome_of
from services.gateway.live.feed import Change, Feed
from services.gateway.live.state import LiveState
from services.gateway.openapi.describe import SSE, describes

MAX_LISTENERS = 500
#: A comment so often: who does not get it knows that the connection is lost, and a proxy does not close it.
BEAT_S = 10.0
DEAD_S = 30.0


class Listening(BaseModel):
    """What is wanted of it."""

    stats: int | None = Field(None, ge=0, le=1, description="0: no statistics, so much less of it")


class LiveEvents:
    """Each browser has one of these open."""

    def __init__(self, state: LiveState, troubles: Callable[[], list[dict[str, Any]]]) -> None:
        self._state = state
        self._troubles = troubles

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/events", self.listen, allow_head=False)]

    @describes(
        "Everything that changes, as server-sent events",
        tag="Live",
        answer=SSE,
        query=Listening,
        also={503: "too many pages are open; Retry-After"},
    )
    async def listen(self, request: web.Request) -> web.StreamResponse:
        if len(self._state.feeds) >= MAX_LISTENERS:
            raise web.HTTPServiceUnavailable(text="too many pages are open", headers={"Retry-After": "10"})
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
        )
        response.force_close()  # when it ends, nothing follows
        welcome = welcome_of(request)
        brief = request.query.get("stats") == "0"
        with self._state.feeds.listen(brief=brief) as feed, suppress(ConnectionError, TimeoutError):
            await response.prepare(request)
            everything = {**self._state.snapshot(brief=brief), "troubles": self._troubles()}
            await _say(response, b"retry: 2000\n" + Change("", "state", everything).sse())
            while (left_s := request[CALLER].ends - time.time()) > 0:
                said = await _next(feed, min(BEAT_S, left_s))
                if not welcome():  # a login ends here, too
                    break
                await _say(response, said)
        return response


async def _next(feed: Feed, seconds: float) -> bytes:
    """What has changed; a beat where nothing does."""
    try:
        async with asyncio.timeout(seconds):
            return b"".join(change.sse() for change in await feed.take())
    except TimeoutError:
        return b"event: beat\ndata: {}\n\n"


async def _say(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(DEAD_S):
        await response.write(data)
