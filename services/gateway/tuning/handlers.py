"""`/cameras/<camera>/tune` and `/api/cameras/<camera>/scores`, server-sent events while somebody tunes."""

import asyncio
import time

from aiohttp import web
from pydantic import ValidationError

from services.contract.controls import CONTROLS, Number
from services.contract.status import Score
from services.gateway.cameras import CAMERA, Cameras
from services.gateway.live.state import LiveState
from services.gateway.live.talk import BEAT, talk
from services.gateway.openapi.describe import SSE, describes
from services.gateway.pages.views import Views
from services.gateway.tuning.knobs import knobs
from services.gateway.tuning.scores import ASK_EVERY_S, Listener, Scores

MAX_LISTENERS = 50
NUMBERS = [
    control for control in CONTROLS if control.service == "motion" and isinstance(control.read, Number)
]


class Tuning:
    """What the page needs beside what every page has."""

    def __init__(self, views: Views, cameras: Cameras, state: LiveState, scores: Scores) -> None:
        self._views = views
        self._cameras = cameras
        self._state = state
        self._scores = scores

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"/cameras/{CAMERA}/tune", self.page),
            web.get(f"/api/cameras/{CAMERA}/scores", self.listen, allow_head=False),
        ]

    async def page(self, request: web.Request) -> web.Response:
        camera = self._cameras.of(request)
        state = self._state.cameras[camera]
        return self._views.render(request, "tune.html", camera=state, knobs=knobs(NUMBERS, state.settings))

    @describes(
        "What motion makes of each frame, as server-sent events, while somebody listens",
        tag="Live",
        answer=SSE,
        also={404: "there is no such camera", 503: "too many pages are open; Retry-After"},
    )
    async def listen(self, request: web.Request) -> web.StreamResponse:
        camera = self._cameras.of(request)
        if len(self._scores) >= MAX_LISTENERS:
            raise web.HTTPServiceUnavailable(text="too many pages are open", headers={"Retry-After": "10"})
        asked_s = float("-inf")

        async def following(seconds: float) -> bytes:
            nonlocal asked_s
            if time.monotonic() - asked_s >= ASK_EVERY_S:
                asked_s = time.monotonic()
                self._scores.ask(camera)
            return await _next(listener, min(ASK_EVERY_S, seconds))

        with self._scores.listen(camera) as listener:
            return await talk(request, b"\n", following)


async def _next(listener: Listener, seconds: float) -> bytes:
    """A score as an event; a beat where none comes."""
    try:
        async with asyncio.timeout(seconds):
            score = Score.model_validate_json(await listener.take())
    except (TimeoutError, ValidationError):
        return BEAT
    return b"event: score\ndata: " + score.payload() + b"\n\n"
