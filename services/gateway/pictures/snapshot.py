"""One picture: the newest, or the next one to come, or at least the retained preview."""

import asyncio
from contextlib import suppress

from aiohttp import web

from services.contract.topics import LIVE, PREVIEW
from services.gateway.cameras import Cameras
from services.gateway.pictures.hub import Hub
from services.gateway.pictures.picture import Picture

#: How long somebody who asks for a picture waits for the camera's next one, and for a retained one.
NEXT_S = 3.0
RETAINED_S = 1.0
#: And where the camera has to be woken up for it.
WAKING_S = 8.0


class Snapshots:
    """`/cameras/<camera>/snapshot.jpg` and `preview.jpg`, and `/snapshot.jpg` where there is one camera."""

    def __init__(self, hub: Hub, cameras: Cameras) -> None:
        self._hub = hub
        self._cameras = cameras

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(self._cameras.path("snapshot.jpg"), self.snapshot),
            web.get(self._cameras.path("preview.jpg"), self.preview),
            web.get("/snapshot.jpg", self.snapshot),
        ]

    async def snapshot(self, request: web.Request) -> web.Response:
        """The newest picture in full size."""
        camera = self._cameras.of(request)
        picture = await (self._woken(camera) if self._sleeps(camera) else self._newest(camera, LIVE, NEXT_S))
        return _answer(picture or await self._newest(camera, PREVIEW, RETAINED_S), camera)

    async def preview(self, request: web.Request) -> web.Response:
        """A small one, at most a second old: cheap enough for a page full of cameras."""
        camera = self._cameras.of(request)
        leaf = PREVIEW if self._cameras.settings(camera).capture.preview else LIVE
        return _answer(await self._newest(camera, leaf, NEXT_S), camera)

    def _sleeps(self, camera: str) -> bool:
        return self._cameras.settings(camera).capture.on_demand

    async def _woken(self, camera: str) -> Picture | None:
        """The first picture of the camera's own, whatever its viewers are told until then."""
        count = 0
        with self._hub.watch(camera, LIVE) as channel, suppress(TimeoutError):
            async with asyncio.timeout(WAKING_S):
                while True:
                    count, picture = await channel.after(count)
                    if picture.live:
                        return picture
        return None

    async def _newest(self, camera: str, leaf: str, wait_s: float) -> Picture | None:
        with self._hub.watch(camera, leaf) as channel:
            try:
                async with asyncio.timeout(wait_s):
                    _, picture = await channel.after(0)
            except TimeoutError:
                return None
        return picture if picture.live else None


def _answer(picture: Picture | None, camera: str) -> web.Response:
    if picture is None:
        raise web.HTTPServiceUnavailable(
            text=f"camera '{camera}' gives no picture at the moment", headers={"Retry-After": "5"}
        )
    return web.Response(body=picture.jpeg, content_type="image/jpeg", headers=picture.headers)
