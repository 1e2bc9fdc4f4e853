"""A camera's statistics over time: a part of its page, and JSON."""

from datetime import UTC, datetime

from aiohttp import web
from pydantic import BaseModel, Field

from services.contract.message import CameraName, Time
from services.gateway.cameras import CAMERA, Cameras
from services.gateway.live.history import History
from services.gateway.openapi.answers import answer
from services.gateway.openapi.describe import describes
from services.gateway.pages.plots import begin, plots
from services.gateway.pages.views import Views


class SampleView(BaseModel):
    """A camera at one time; null where nobody said it."""

    time: Time
    fps: float | None = Field(description="frames a second")
    latency_ms: float | None = Field(description="from capture to motion's decision")
    stored: int | None = Field(description="frames in the archive since the archiver's start")
    waiting: int | None = Field(description="frames that wait for the archive")
    lost: int = Field(description="frames that were lost since each service's start")


class HistoryView(BaseModel):
    """The oldest first."""

    camera: CameraName
    samples: list[SampleView]


class HistoryAsked(BaseModel):
    """How far back."""

    hours: int = Field(1, ge=1, le=24, description="1: every 10 seconds; more: every 5 minutes")


class Statistics:
    """Of the last hour, or the last day."""

    def __init__(self, views: Views, cameras: Cameras, history: History) -> None:
        self._views = views
        self._cameras = cameras
        self._history = history

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"/cameras/{CAMERA}/statistics", self.part),
            web.get(f"/api/cameras/{CAMERA}/statistics", self.samples),
        ]

    async def part(self, request: web.Request) -> web.Response:
        camera, hours = self._cameras.of(request), _hours(request)
        now = datetime.now(UTC)
        samples = self._history.of(camera, hours)
        ago_s = (now - begin(samples, hours, now)).total_seconds()
        return self._views.render(
            request, "statistics.html", plots=plots(samples, hours, now), ago_s=round(ago_s, -1)
        )

    @describes(
        "Its statistics over time", tag="Cameras", answer=HistoryView, query=HistoryAsked,
        also={400: "hours is no number from 1 to 24"},
    )  # fmt: skip
    async def samples(self, request: web.Request) -> web.Response:
        camera = self._cameras.of(request)
        known = self._history.of(camera, _hours(request))
        samples = [SampleView.model_validate(sample, from_attributes=True) for sample in known]
        return answer(HistoryView(camera=camera, samples=samples))


def _hours(request: web.Request) -> int:
    text = request.query.get("hours") or "1"
    if not text.isdecimal() or not 1 <= int(text[:4]) <= 24:
        raise web.HTTPBadRequest(text="hours is a whole number from 1 to 24")
    return int(text)
