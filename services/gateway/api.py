"""`/api/cameras` and `/api/health`: what scripts ask, and what the trigger button does."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from services.contract.topics import TRIGGER, Topics
from services.gateway.cameras import CAMERA, Cameras
from services.gateway.live.health import Trouble
from services.gateway.live.state import LiveState

Send = Callable[[str, bytes], None]


class Api:
    """The live state as JSON."""

    def __init__(
        self,
        cameras: Cameras,
        state: LiveState,
        topics: Topics,
        send: Send,
        troubles: Callable[[], list[Trouble]],
    ) -> None:
        self._cameras = cameras
        self._state = state
        self._topics = topics
        self._send = send
        self._troubles = troubles

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/cameras", self.cameras),
            web.get(f"/api/cameras/{CAMERA}", self.camera),
            web.post(f"/api/cameras/{CAMERA}/trigger", self.trigger),
            web.get("/api/health", self.health),
        ]

    async def cameras(self, _request: web.Request) -> web.Response:
        return web.json_response({"cameras": [self._describe(camera) for camera in self._cameras]})

    async def camera(self, request: web.Request) -> web.Response:
        return web.json_response(self._describe(self._cameras.of(request)))

    async def trigger(self, request: web.Request) -> web.Response:
        """An event by hand; where no page's script asked for it, back to the page."""
        camera = self._cameras.of(request)
        self._send(self._topics.camera(camera, TRIGGER), b"")
        if "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther(f"/cameras/{camera}")
        return web.json_response({"camera": camera, "triggered": True}, status=202)

    async def health(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "troubles": [trouble.json() for trouble in self._troubles()],
                "services": [service.json() for service in self._state.services.values()],
            }
        )

    def _describe(self, camera: str) -> dict[str, Any]:
        return {
            **self._state.cameras[camera].json(),
            "source": self._cameras.url(camera),
            "stream": f"/cameras/{camera}/stream.mjpeg",
            "snapshot": f"/cameras/{camera}/snapshot.jpg",
        }
