"""`/api/archive/…`: events newest first, an event's manifest, and its pictures."""

from datetime import datetime
from typing import Any

from aiohttp import web

from services.contract.archive import Manifest
from services.contract.message import iso
from services.gateway.archive.library import Entry, Library
from services.gateway.archive.query import NoQuery, parse_query
from services.gateway.cameras import CAMERA, EVENT, Cameras
from services.gateway.pictures.picture import timestamp

ONE = f"/api/archive/events/{CAMERA}/{EVENT}"
#: A stored frame never changes: a browser that has it need not ask again.
KEEP = {"Cache-Control": "private, max-age=31536000, immutable"}


class ArchiveApi:
    """What is in the store, for scripts and for our own pages."""

    def __init__(self, library: Library, cameras: Cameras) -> None:
        self._library = library
        self._cameras = cameras

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/archive/events", self.events),
            web.get(ONE, self.event),
            web.get(f"{ONE}/thumbnail.jpg", self.thumbnail),
            web.get(f"{ONE}/frames/{{index:[0-9]{{1,6}}}}.jpg", self.frame),
        ]

    async def events(self, request: web.Request) -> web.Response:
        try:
            query = parse_query(request.query)
        except NoQuery as problem:
            raise web.HTTPBadRequest(text=str(problem)) from None
        since, before = query.bounds()
        cameras = [query.camera] if query.camera else self._cameras
        page = await self._library.page(cameras, before=before, since=since, limit=query.limit)
        return web.json_response({"events": [_json(entry) for entry in page.entries], "older": page.older})

    async def event(self, request: web.Request) -> web.Response:
        manifest = await self._manifest(request)
        return web.json_response(text=manifest.model_dump_json(by_alias=True))

    async def frame(self, request: web.Request) -> web.Response:
        return await self._picture(await self._manifest(request), int(request.match_info["index"]))

    async def thumbnail(self, request: web.Request) -> web.Response:
        """The whole frame that shows best what the event was."""
        entry = await self._library.entry(request.match_info["camera"], request.match_info["event"])
        manifest = await self._manifest(request)
        return await self._picture(manifest, entry.thumbnail if entry else 0)

    async def _manifest(self, request: web.Request) -> Manifest:
        camera, event = request.match_info["camera"], request.match_info["event"]
        try:
            manifest = await self._library.manifest(camera, event)
        except ValueError:  # a 13th month
            manifest = None
        if manifest is None:
            raise web.HTTPNotFound(text=f"the archive has no complete event {event} of camera '{camera}'")
        return manifest

    async def _picture(self, manifest: Manifest, index: int) -> web.Response:
        if index >= len(manifest.frames):
            raise web.HTTPNotFound(text=f"the event has {len(manifest.frames)} frames, counted from 0")
        frame = manifest.frames[index]
        jpeg = await self._library.picture(frame)
        if jpeg is None:
            raise web.HTTPNotFound(text="the frame is no longer in the archive")
        headers = {**KEEP, "X-Timestamp": timestamp(frame.time), "X-Sequence": str(frame.sequence)}
        return web.Response(body=jpeg, content_type="image/jpeg", headers=headers)


def _json(entry: Entry) -> dict[str, Any]:
    def time(moment: datetime | None) -> str | None:
        return iso(moment) if moment else None

    return {
        "camera": entry.camera,
        "event": entry.event,
        "complete": entry.complete,
        "reason": entry.reason,
        "started": time(entry.started),
        "ended": time(entry.ended),
        "duration_s": entry.duration_s,
        "frames": entry.frames,
        "bytes": entry.bytes,
        "missing": entry.missing,
    }
