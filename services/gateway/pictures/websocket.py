"""Live pictures over a WebSocket, one JPEG per message: for pages, free of browsers' flaws with MJPEG."""

import asyncio
from contextlib import suppress

from aiohttp import WSCloseCode, web

from services.gateway.access.welcome import welcome_of
from services.gateway.cameras import Cameras
from services.gateway.pictures.channel import Channel
from services.gateway.pictures.picture import Picture
from services.gateway.pictures.showing import Showing
from services.gateway.pictures.taking import limit_buffers
from services.gateway.pictures.wishes import Wishes, wishes
from services.gateway.pictures.written import write_all

#: A browser that does not answer a ping for half of it has gone.
HEARTBEAT_S = 20.0
#: Nothing is expected from a viewer; the library reads messages whole.
MAX_MESSAGE = 1024


class WebSockets:
    """`/cameras/<camera>/stream.ws`."""

    def __init__(self, showing: Showing, cameras: Cameras) -> None:
        self._showing = showing
        self._cameras = cameras

    def routes(self) -> list[web.RouteDef]:
        return [web.get(self._cameras.path("stream.ws"), self.stream, allow_head=False)]

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Each message is a complete JPEG, which says in its EXIF when it was taken, and its number."""
        camera, wanted = self._cameras.of(request), wishes(request.query)
        response = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, compress=False, max_msg_size=MAX_MESSAGE, writer_limit=1
        )
        if not response.can_prepare(request).ok:
            raise web.HTTPUpgradeRequired(text="this address speaks WebSocket; stream.mjpeg is for all else")
        with self._showing.watch(camera, wanted) as channel, suppress(ConnectionError, TimeoutError):
            await response.prepare(request)
            if request.transport:
                limit_buffers(request.transport)
            await _until_it_leaves(response, channel, wanted, request)
        if request.transport:
            request.transport.abort()
        return response


async def _until_it_leaves(
    response: web.WebSocketResponse, channel: Channel, wanted: Wishes, request: web.Request
) -> None:
    async def give(picture: Picture) -> None:
        await response.send_bytes(picture.jpeg)

    async def show() -> None:
        try:
            await write_all(channel, wanted, welcome_of(request), give)
            await response.close(code=WSCloseCode.POLICY_VIOLATION, message=b"the login has ended")
        finally:  # also of one that takes nothing any more, and would not take a farewell either
            if request.transport:
                request.transport.abort()

    showing = asyncio.create_task(show(), name="gateway-websocket")
    try:
        async for _ in response:  # pings and the end are seen to in there
            pass
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
