"""One picture: the newest, or the next one to come, or at least the retained preview."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from aiohttp import web

from services.contract.topics import LIVE, PREVIEW
from services.gateway.cameras import Cameras
from services.gateway.pictures.hub import Hub
from services.gateway.pictures.picture import Picture
from services.gateway.pictures.scaling import Scaling
from services.gateway.pictures.wishes import max_age_s, width

Fresh = Callable[[Picture], bool]

#: How long somebody who asks for a picture waits for the camera's next one, and for a retained one.
NEXT_S = 3.0
RETAINED_S = 1.0
#: And where the camera has to be woken up for it.
WAKING_S = 8.0


class Snapshots:
    """`/cameras/<camera>/snapshot.jpg` and `preview.jpg`, and `/snapshot.jpg` where there is one camera."""

    def __init__(self, hub: Hub, scaling: Scaling, cameras: Cameras) -> None:
        self._hub = hub
        self._scaling = scaling
        self._cameras = cameras

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(self._cameras.path("snapshot.jpg"), self.snapshot),
            web.get(self._cameras.path("preview.jpg"), self.preview),
            web.get("/snapshot.jpg", self.snapshot),
        ]

    async def snapshot(self, request: web.Request) -> web.Response:
        """The newest picture in full size."""
        camera, wide = self._cameras.of(request), width(request.query)
        fresh = _fresh(max_age_s(request.query))
        wait_s = WAKING_S if self._sleeps(camera) else NEXT_S
        picture = await self._newest(camera, LIVE, wait_s, fresh)
        picture = picture or await self._newest(camera, PREVIEW, RETAINED_S, fresh)
        return await self._answer(picture, camera, wide)

    async def preview(self, request: web.Request) -> web.Response:
        """A small one, at most a second old: cheap enough for a page full of cameras."""
        camera = self._cameras.of(request)
        leaf = PREVIEW if self._cameras.settings(camera).capture.preview else LIVE
        return await self._answer(await self._newest(camera, leaf, NEXT_S, _any), camera, 0)

    def _sleeps(self, camera: str) -> bool:
        return self._cameras.settings(camera).capture.on_demand

    async def _newest(self, camera: str, leaf: str, wait_s: float, fresh: Fresh) -> Picture | None:
        """The camera's own newest picture that is new enough, or the next one, whatever viewers are told."""
        count, picture = 0, None
        with self._hub.watch(camera, leaf) as channel, suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while picture is None or not picture.live or not fresh(picture):
                    if picture and not picture.live and not self._sleeps(camera):
                        return None  # it is away
                    count, picture = await channel.after(count)
                return picture
        return None

    async def _answer(self, picture: Picture | None, camera: str, width: int) -> web.Response:
        if picture is None:
            raise web.HTTPServiceUnavailable(
                text=f"camera '{camera}' gives no picture at the moment", headers={"Retry-After": "5"}
            )
        jpeg = await self._scaling.scaled(picture.jpeg, width) if width else picture.jpeg
        return web.Response(body=jpeg, content_type="image/jpeg", headers=picture.headers)


def _any(_picture: Picture) -> bool:
    return True


def _fresh(max_age_s: float) -> Fresh:
    if not max_age_s:
        return _any
    return lambda picture: (datetime.now(UTC) - picture.time).total_seconds() <= max_age_s
