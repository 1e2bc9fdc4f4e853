"""`/api/events/<event>/…`: what a notification links to, by the event's id alone."""

from aiohttp import web
from pydantic import BaseModel, Field

from services.contract.archive import Manifest
from services.contract.message import CameraName, EventId
from services.contract.topics import KEEP, Topics
from services.gateway.archive.clips import Busy, Clips, NoClip
from services.gateway.archive.handlers import picture_of
from services.gateway.archive.library import Library
from services.gateway.archive.snapshots import EventSnapshots
from services.gateway.broker import must_be_there
from services.gateway.cameras import EVENT, Cameras
from services.gateway.live.happenings import Stage
from services.gateway.live.state import LiveState
from services.gateway.openapi.answers import answer
from services.gateway.openapi.describe import AWAY, JPEG, MP4, describes
from services.gateway.pictures.picture import timestamp
from services.runtime.mqtt import Link

ONE = f"/api/events/{EVENT}"
SOON = {"Retry-After": "2"}


class Kept(BaseModel):
    """Whether retention leaves it alone."""

    camera: CameraName
    event: EventId
    kept: bool = Field(description="true: the archive says so, or with 202: it was asked to")


class EventMedia:
    """Finds the camera of an event by itself."""

    def __init__(
        self,
        cameras: Cameras,
        state: LiveState,
        library: Library,
        snapshots: EventSnapshots,
        clips: Clips,
        *,
        topics: Topics,
        link: Link,
    ) -> None:
        self._cameras = cameras
        self._state = state
        self._library = library
        self._snapshots = snapshots
        self._clips = clips
        self._topics = topics
        self._link = link

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"{ONE}/snapshot.jpg", self.snapshot),
            web.get(f"{ONE}/clip.mp4", self.clip),
            web.get(f"{ONE}/keep", self.kept),
            web.post(f"{ONE}/keep", self.keep),
        ]

    @describes(
        "The picture that shows best what it was, also while it goes on", tag="Events", answer=JPEG, also=AWAY
    )
    async def snapshot(self, request: web.Request) -> web.Response:
        event = request.match_info["event"]
        manifest = await self._manifest(event)
        if manifest is not None:
            return await picture_of(self._library, manifest)
        found = self._snapshots.of(event, self._state.happenings)
        if found is None:
            raise _none(event, soon=self._goes_on(event))
        jpeg, taken = found
        headers = {"X-Timestamp": timestamp(taken)}
        return web.Response(body=jpeg, content_type="image/jpeg", headers=headers)

    @describes(
        "The event as MP4 with H.264, at most 1280 pixels wide; made when it is asked for first",
        tag="Events",
        answer=MP4,
        also={409: "the event is too long for a clip, or its frames are gone", 503: "busy; Retry-After"},
    )
    async def clip(self, request: web.Request) -> web.StreamResponse:
        event = request.match_info["event"]
        manifest = await self._manifest(event)
        if manifest is None:
            raise _none(event, soon=self._goes_on(event))
        try:
            path = await self._clips.clip(manifest)
        except NoClip as reason:
            raise web.HTTPConflict(text=str(reason)) from None
        except Busy:
            text = "other clips are being made: try again in a moment"
            raise web.HTTPServiceUnavailable(text=text, headers={"Retry-After": "10"}) from None
        name = f'inline; filename="{manifest.camera}-{event}.mp4"'
        return web.FileResponse(path, headers={"Content-Type": MP4, "Content-Disposition": name})

    @describes(
        "Keep it for ever: retention never deletes it", tag="Events", answer=Kept, status=202,
        also={503: "the broker or the archive is away: nothing was changed"},
    )  # fmt: skip
    async def keep(self, request: web.Request) -> web.Response:
        event = request.match_info["event"]
        camera = await self._camera(event)
        if camera is None:
            raise _none(event, soon=False)
        must_be_there(self._link)
        self._link.send(self._topics.camera(camera, KEEP), event.encode())
        if "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther(f"/events/{camera}/{event}")
        return answer(Kept(camera=camera, event=event, kept=True), 202)

    @describes("Whether it is kept for ever", tag="Events", answer=Kept, also=AWAY)
    async def kept(self, request: web.Request) -> web.Response:
        event = request.match_info["event"]
        camera = await self._camera(event)
        if camera is None:
            raise _none(event, soon=False)
        return answer(Kept(camera=camera, event=event, kept=await self._library.kept(camera, event)))

    async def _manifest(self, event: str) -> Manifest | None:
        camera = await self._camera(event)
        return await self._library.manifest(camera, event) if camera else None

    async def _camera(self, event: str) -> str | None:
        """Whose event it is; None where nobody knows."""
        for happening in self._state.happenings:
            if happening.event == event:
                return str(happening.camera)
        try:
            return await self._library.camera_of(event, self._cameras)
        except ValueError:  # a 13th month
            return None

    def _goes_on(self, event: str) -> bool:
        return any(
            known.event == event and known.stage in (Stage.OPEN, Stage.ENDED, Stage.SPOOLED)
            for known in self._state.happenings
        )


def _none(event: str, *, soon: bool) -> web.HTTPException:
    if soon:
        return web.HTTPNotFound(text=f"event {event} is not in the archive yet: try again soon", headers=SOON)
    return web.HTTPNotFound(text=f"there is no event {event} in the archive")
