"""`/api/cameras` and `/api/health`: what scripts ask, and what the trigger button does."""

from collections.abc import Callable

from aiohttp import web
from pydantic import BaseModel, Field

from services.contract.message import CameraName
from services.contract.topics import TRIGGER, Topics
from services.gateway.broker import must_be_there
from services.gateway.cameras import CAMERA, Cameras
from services.gateway.live.camera import CameraView
from services.gateway.live.health import Trouble, TroubleView
from services.gateway.live.state import LiveState, ServiceView
from services.gateway.openapi.answers import answer
from services.gateway.openapi.describe import describes
from services.runtime.mqtt import Link


class CameraDescribed(CameraView):
    """A camera, and where its pictures are."""

    source: str = Field(description="where its pictures come from, without anything secret")
    stream: str = Field(description="path of its live stream")
    snapshot: str = Field(description="path of its newest picture")


class CameraList(BaseModel):
    """All cameras."""

    cameras: list[CameraDescribed]


class Triggered(BaseModel):
    """An event was asked for."""

    camera: CameraName
    triggered: bool


class Health(BaseModel):
    """What is wrong, and which services there are."""

    troubles: list[TroubleView]
    services: list[ServiceView]


class Api:
    """The live state as JSON."""

    def __init__(
        self,
        cameras: Cameras,
        state: LiveState,
        topics: Topics,
        link: Link,
        troubles: Callable[[], list[Trouble]],
    ) -> None:
        self._cameras = cameras
        self._state = state
        self._topics = topics
        self._link = link
        self._troubles = troubles

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/cameras", self.cameras),
            web.get(f"/api/cameras/{CAMERA}", self.camera),
            web.post(f"/api/cameras/{CAMERA}/trigger", self.trigger),
            web.get("/api/health", self.health),
        ]

    @describes("All cameras as they are now", tag="Cameras", answer=CameraList)
    async def cameras(self, _request: web.Request) -> web.Response:
        return answer(
            CameraList.model_construct(cameras=[self._describe(camera) for camera in self._cameras])
        )

    @describes("One camera as it is now", tag="Cameras", answer=CameraDescribed)
    async def camera(self, request: web.Request) -> web.Response:
        return answer(self._describe(self._cameras.of(request)))

    @describes(
        "An event by hand, with the seconds before it", tag="Cameras", answer=Triggered, status=202,
        also={503: "the broker is away: there is none, and none later"},
    )  # fmt: skip
    async def trigger(self, request: web.Request) -> web.Response:
        """An event by hand; where no page's script asked for it, back to the page."""
        camera = self._cameras.of(request)
        must_be_there(self._link)
        self._link.send(self._topics.camera(camera, TRIGGER), b"")
        if "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther(f"/cameras/{camera}")
        return answer(Triggered(camera=camera, triggered=True), 202)

    @describes("What is wrong, since when, and what to do", tag="Health", answer=Health)
    async def health(self, _request: web.Request) -> web.Response:
        return answer(
            Health(
                troubles=[trouble.view() for trouble in self._troubles()],
                services=[service.view() for service in self._state.services.values()],
            )
        )

    def _describe(self, camera: str) -> CameraDescribed:
        return CameraDescribed.model_construct(
            **dict(self._state.cameras[camera].view()),
            source=self._cameras.url(camera),
            stream=f"/cameras/{camera}/stream.mjpeg",
            snapshot=f"/cameras/{camera}/snapshot.jpg",
        )
