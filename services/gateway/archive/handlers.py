"""`/api/archive/…`: events newest first, an event's manifest, and its pictures."""

from datetime import date

from aiohttp import web
from pydantic import BaseModel, Field

from services.contract.archive import Manifest
from services.contract.message import CameraName, EventId, Time
from services.contract.settings import ZoneName
from services.gateway.archive.library import Library, best_frame
from services.gateway.archive.pack import Pack
from services.gateway.archive.query import DEFAULT_LIMIT, MAX_LIMIT, NoQuery, parse_query
from services.gateway.cameras import CAMERA, EVENT, Cameras
from services.gateway.openapi.answers import answer
from services.gateway.openapi.describe import AWAY, JPEG, ZIP, describes
from services.gateway.pictures.picture import timestamp
from services.gateway.pictures.scaling import Scaling
from services.gateway.pictures.wishes import NARROWEST, WIDEST, width

ONE = f"/api/archive/events/{CAMERA}/{EVENT}"
#: A stored frame never changes: a browser that has it need not ask again.
KEEP = {"Cache-Control": "private, max-age=31536000, immutable"}


class EntryView(BaseModel):
    """An event in the archive."""

    camera: CameraName
    event: EventId
    complete: bool = Field(description="false: its frames are still being stored")
    reason: str
    started: Time
    ended: Time | None
    duration_s: float | None
    frames: int
    bytes: int
    zones: list[str] = Field(description="in which something moved")
    missing: int = Field(description="frames that could not be had any more")
    kept: bool = Field(description="for ever: retention never deletes it")


class EventPage(BaseModel):
    """Events, newest first."""

    events: list[EntryView]
    older: EventId | None = Field(description="to go on, give it as `before`; null: that was all")


class EventsAsked(BaseModel):
    """Which events."""

    camera: CameraName | None = Field(None, description="of one camera")
    day: date | None = Field(None, description="of one day, such as 2026-11-20, in the server's time zone")
    before: EventId | None = Field(None, description="older than this event")
    zone: ZoneName | None = Field(None, description="in which something moved in this zone")
    reason: str | None = Field(None, description="motion, manual, or what a trigger said")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="at most so many")


class ThumbnailAsked(BaseModel):
    """How large."""

    width: int | None = Field(None, ge=NARROWEST, le=WIDEST, description="at most so many pixels wide")


class ArchiveApi:
    """What is in the store, for scripts and for our own pages."""

    def __init__(self, library: Library, cameras: Cameras, scaling: Scaling) -> None:
        self._library = library
        self._cameras = cameras
        self._scaling = scaling

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/archive/events", self.events),
            web.get(ONE, self.event),
            web.get(f"{ONE}/thumbnail.jpg", self.thumbnail),
            web.get(f"{ONE}/frames.zip", self.frames),
            web.get(f"{ONE}/frames/{{index:[0-9]{{1,6}}}}.jpg", self.frame),
        ]

    @describes(
        "Events in the archive, newest first",
        tag="Archive",
        answer=EventPage,
        query=EventsAsked,
        also={400: "the query is none", **AWAY},
    )
    async def events(self, request: web.Request) -> web.Response:
        try:
            query = parse_query(request.query)
        except NoQuery as problem:
            raise web.HTTPBadRequest(text=str(problem)) from None
        since, before = query.bounds()
        cameras = [query.camera] if query.camera else self._cameras
        page = await self._library.page(
            cameras, before=before, since=since, limit=query.limit, wanted=query.wanted
        )
        events = [EntryView.model_validate(entry, from_attributes=True) for entry in page.entries]
        return answer(EventPage(events=events, older=page.older))

    @describes("An event's manifest, as it is in the store", tag="Archive", answer=Manifest, also=AWAY)
    async def event(self, request: web.Request) -> web.Response:
        manifest = await self._manifest(request)
        return answer(manifest)

    @describes("A frame of an event, the very bytes that were on MQTT", tag="Archive", answer=JPEG, also=AWAY)
    async def frame(self, request: web.Request) -> web.Response:
        return await frame_of(self._library, await self._manifest(request), int(request.match_info["index"]))

    @describes("All frames of an event, unchanged", tag="Archive", answer=ZIP, also=AWAY)
    async def frames(self, request: web.Request) -> web.StreamResponse:
        """As they come from the store: a long event is never in memory as a whole."""
        manifest = await self._manifest(request)
        name = f"{manifest.camera}-{manifest.event}"
        response = web.StreamResponse(
            headers={"Content-Type": ZIP, "Content-Disposition": f'attachment; filename="{name}.zip"'}
        )
        await response.prepare(request)
        pack = Pack(name)
        for frame in manifest.frames:
            if jpeg := await self._library.picture(frame):
                await response.write(pack.add(frame.key.rpartition("/")[2], frame.time, jpeg))
        await response.write(pack.end("event.json", manifest.ended, manifest.file()))
        return response

    @describes(
        "The frame that shows best what it was",
        tag="Archive",
        answer=JPEG,
        query=ThumbnailAsked,
        also={400: "width is no number", **AWAY},
    )
    async def thumbnail(self, request: web.Request) -> web.Response:
        """In full size, or as wide as a page shows it: a day of events would be megabytes."""
        wide = width(request.query)
        found = await picture_of(self._library, await self._manifest(request))
        if wide and isinstance(found.body, bytes):
            found.body = await self._scaling.scaled(found.body, wide)
        return found

    async def _manifest(self, request: web.Request) -> Manifest:
        camera, event = request.match_info["camera"], request.match_info["event"]
        try:
            manifest = await self._library.manifest(camera, event)
        except ValueError:  # a 13th month
            manifest = None
        if manifest is None:
            raise web.HTTPNotFound(text=f"the archive has no complete event {event} of camera '{camera}'")
        return manifest


async def picture_of(library: Library, manifest: Manifest) -> web.Response:
    """The frame that shows best what the event was."""
    return await frame_of(library, manifest, best_frame(manifest))


async def frame_of(library: Library, manifest: Manifest, index: int) -> web.Response:
    if index >= len(manifest.frames):
        raise web.HTTPNotFound(text=f"the event has {len(manifest.frames)} frames, counted from 0")
    frame = manifest.frames[index]
    jpeg = await library.picture(frame)
    if jpeg is None:
        raise web.HTTPNotFound(text="the frame is no longer in the archive")
    headers = {**KEEP, "X-Timestamp": timestamp(frame.time), "X-Sequence": str(frame.sequence)}
    return web.Response(body=jpeg, content_type="image/jpeg", headers=headers)
