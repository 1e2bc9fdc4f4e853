"""The pages: cameras, one camera, events, one event, health."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from aiohttp import web

from services.gateway.archive.bucket import Bucket
from services.gateway.archive.library import ArchiveAway, Library, Page
from services.gateway.archive.query import MAX_LIMIT, EventQuery, NoQuery, parse_query
from services.gateway.cameras import CAMERA, EVENT, Cameras
from services.gateway.live.happenings import Happening, Stage
from services.gateway.live.health import Trouble
from services.gateway.live.state import LiveState
from services.gateway.pages.cards import Card, by_day, cards
from services.gateway.pages.progress import progress
from services.gateway.pages.timeline import timeline
from services.gateway.pages.views import Views
from services.gateway.pages.words import clock, day_of

LATEST = 6
ONE_DAY = timedelta(days=1)


class Pages:
    """What people open in a browser."""

    def __init__(
        self,
        views: Views,
        cameras: Cameras,
        state: LiveState,
        library: Library,
        troubles: Callable[[], list[Trouble]],
        *,
        bucket: Bucket,
    ) -> None:
        self._bucket = bucket
        self._views = views
        self._cameras = cameras
        self._state = state
        self._library = library
        self._troubles = troubles

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.dashboard),
            web.get(f"/cameras/{CAMERA}", self.camera),
            web.get("/events", self.events),
            web.get("/events/latest", self.latest),
            web.get(f"/events/{CAMERA}/{EVENT}", self.event),
            web.get("/health", self.health),
        ]

    async def dashboard(self, request: web.Request) -> web.Response:
        found, away = await self._latest_cards(None)
        shown = [self._state.cameras[camera] for camera in self._cameras]
        return self._views.render(
            request, "dashboard.html", cameras=shown, troubles=self._of_all(), cards=found, away=away
        )

    async def camera(self, request: web.Request) -> web.Response:
        camera = self._cameras.of(request)
        found, away = await self._latest_cards(camera)
        return self._views.render(
            request,
            "camera.html",
            camera=self._state.cameras[camera],
            source=self._cameras.url(camera),
            settings=self._cameras.settings(camera),
            progress=progress(self._state.cameras[camera], datetime.now(UTC)),
            origin=request.url.origin(),
            here=clock(datetime.now(UTC))[:5],
            cards=found,
            away=away,
        )

    async def latest(self, request: web.Request) -> web.Response:
        """The newest events alone: what a page that is open puts in when it hears of one."""
        camera = request.query.get("camera") or None
        found, away = await self._latest_cards(camera)
        return self._views.render(request, "latest.html", cards=found, away=away)

    async def events(self, request: web.Request) -> web.Response:
        try:
            query = parse_query(request.query)
        except NoQuery as problem:
            raise web.HTTPBadRequest(text=str(problem)) from None
        if query.day and "limit" not in request.query:
            query = replace(query, limit=MAX_LIMIT)  # a timeline has all of its day
        page, away = await self._page(query)
        heard_of = [] if query.before else self._heard_of(query, page.older)
        found = cards(page.entries, heard_of, self._cameras.label)
        return self._views.render(
            request,
            "events.html",
            query=query,
            cameras=[(camera, self._cameras.label(camera)) for camera in self._cameras],
            days=[(day, shown, timeline(day, shown)) for day, shown in by_day(found)],
            reasons=sorted({"motion", "manual", query.reason or "motion", *(card.reason for card in found)}),
            zones=sorted({*self._zones(), query.zone} - {None}),
            older=_link(replace(query, before=page.older)) if page.older else None,
            newest=_link(replace(query, before=None)),
            day_link=lambda day: _link(replace(query, before=None, day=day)),
            earlier=_link(replace(query, before=None, day=query.day - ONE_DAY)) if query.day else None,
            later=_link(replace(query, before=None, day=query.day + ONE_DAY)) if query.day else None,
            away=away,
        )

    async def event(self, request: web.Request) -> web.Response:
        camera, event = request.match_info["camera"], request.match_info["event"]
        try:
            entry, away = await self._library.entry(camera, event), ""
        except ArchiveAway as problem:
            entry, away = None, str(problem)
        except ValueError:  # a 13th month
            raise web.HTTPNotFound(text="there is no such event") from None
        heard_of = [
            known for known in self._state.happenings if (known.camera, known.event) == (camera, event)
        ]
        found = cards([entry] if entry else [], heard_of, self._cameras.label)
        if not found and not away:
            raise web.HTTPNotFound(text="there is no such event in the archive")
        card = found[0] if found else None
        return self._views.render(
            request,
            "event.html",
            card=card,
            entry=entry,
            camera=camera,
            event=event,
            label=self._cameras.label(camera) if camera in self._cameras else camera,
            away=away,
            place=self._bucket.place(camera, event) if entry else None,
        )

    async def health(self, request: web.Request) -> web.Response:
        services = sorted(self._state.services.values(), key=lambda state: (state.service, state.instance))
        shown = [self._state.cameras[camera] for camera in self._cameras]
        return self._views.render(
            request, "health.html", troubles=self._troubles(), services=services, cameras=shown
        )

    def _of_all(self) -> list[Trouble]:
        """What is wrong beyond single cameras, which say it themselves."""
        return [trouble for trouble in self._troubles() if trouble.camera is None]

    def _zones(self) -> set[str]:
        return {name for camera in self._state.cameras.values() for name in camera.zones}

    async def _latest_cards(self, camera: str | None) -> tuple[list[Card], str]:
        query = EventQuery(camera=camera, limit=LATEST)
        page, away = await self._page(query)
        return cards(page.entries, self._heard_of(query, page.older), self._cameras.label)[:LATEST], away

    async def _page(self, query: EventQuery) -> tuple[Page, str]:
        """The events, and the sentence where the archive is away."""
        since, before = query.bounds()
        cameras = [query.camera] if query.camera else list(self._cameras)
        try:
            page = await self._library.page(
                cameras, since=since, before=before, limit=query.limit, wanted=query.wanted
            )
            return page, ""
        except ArchiveAway as problem:
            return Page([], None), str(problem)

    def _heard_of(self, query: EventQuery, older: str | None) -> list[Happening]:
        """What is not in the archive yet, as far as it belongs on a page that goes down to `older`."""
        return [
            happening
            for happening in self._state.happenings
            if happening.stage is not Stage.ARCHIVED
            and query.camera in (None, happening.camera)
            and query.day in (None, day_of(happening.started))
            and query.wants(happening.reason, happening.zones)
            and (older is None or happening.event > older)
        ]


def _link(query: EventQuery) -> str:
    """The events page that asks for this."""
    asked = {
        "camera": query.camera,
        "day": query.day and query.day.isoformat(),
        "zone": query.zone,
        "reason": query.reason,
        "before": query.before,
    }
    given = urlencode({name: value for name, value in asked.items() if value})
    return f"/events?{given}" if given else "/events"
