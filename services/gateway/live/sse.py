"""`/api/events`: the live state as server-sent events; everything first, then what changes."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from services.gateway.live.feed import Change, Feed
from services.gateway.live.state import LiveState
from services.gateway.live.talk import BEAT, talk
from services.gateway.openapi.describe import SSE, describes

MAX_LISTENERS = 500
#: A beat so often, where there is nothing else: a proxy does not close the connection either.
BEAT_S = 10.0


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
        brief = request.query.get("stats") == "0"
        with self._state.feeds.listen(brief=brief) as feed:
            everything = {**self._state.snapshot(brief=brief), "troubles": self._troubles()}
            first = Change("", "state", everything).sse()
            return await talk(request, first, partial(_next, feed))


async def _next(feed: Feed, seconds: float) -> bytes:
    """What has changed; a beat where nothing does."""
    try:
        async with asyncio.timeout(min(BEAT_S, seconds)):
            return b"".join(change.sse() for change in await feed.take())
    except TimeoutError:
        return BEAT
