"""A camera's experiments: how the one stands that runs, and what the archive has of earlier ones."""

from datetime import UTC, datetime

from aiohttp import web
from pydantic import BaseModel

from services.contract.experiments import ExperimentSummary
from services.gateway.archive.library import ArchiveAway, Library
from services.gateway.cameras import CAMERA, Cameras
from services.gateway.live.state import LiveState
from services.gateway.openapi.answers import answer
from services.gateway.openapi.describe import AWAY, describes
from services.gateway.pages.progress import progress
from services.gateway.pages.views import Views


class ExperimentList(BaseModel):
    """Experiments that left something in the archive."""

    experiments: list[ExperimentSummary]


class Experiments:
    """Parts of the camera's page, which fetches them anew when it hears of a change, and their JSON."""

    def __init__(self, views: Views, cameras: Cameras, state: LiveState, library: Library) -> None:
        self._views = views
        self._cameras = cameras
        self._state = state
        self._library = library

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"/cameras/{CAMERA}/experiment", self.now),
            web.get(f"/cameras/{CAMERA}/experiments", self.past),
            web.get(f"/api/cameras/{CAMERA}/experiments", self.summaries),
        ]

    async def now(self, request: web.Request) -> web.Response:
        state = self._state.cameras[self._cameras.of(request)]
        stands = progress(state, datetime.now(UTC))
        return self._views.render(request, "experiment.html", camera=state, progress=stands)

    async def past(self, request: web.Request) -> web.Response:
        camera = self._cameras.of(request)
        try:
            runs, away = await self._runs(camera), ""
        except ArchiveAway as problem:
            runs, away = [], str(problem)
        return self._views.render(request, "experiments.html", runs=runs, away=away)

    @describes("Its latest experiments, newest first", tag="Archive", answer=ExperimentList, also=AWAY)
    async def summaries(self, request: web.Request) -> web.Response:
        runs = await self._runs(self._cameras.of(request))
        return answer(ExperimentList(experiments=runs))

    async def _runs(self, camera: str) -> list[ExperimentSummary]:
        known = list(self._cameras.settings(camera).capture.experiments)
        if latest := self._state.cameras[camera].experiment:
            known.append(latest.experiment)
        return await self._library.experiments(camera, {experiment.folder for experiment in known})
