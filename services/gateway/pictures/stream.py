"""Live pictures as multipart MJPEG: each viewer gets the newest frame whenever it can take one."""

from contextlib import ExitStack, suppress

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from services.gateway.access.welcome import welcome_of
from services.gateway.cameras import Cameras
from services.gateway.pictures.channel import Channel
from services.gateway.pictures.picture import CONTENT_TYPE, OPENING, Picture
from services.gateway.pictures.showing import Showing
from services.gateway.pictures.taking import limit_buffers, taken_out
from services.gateway.pictures.wishes import Wishes, wishes
from services.gateway.pictures.written import write_all

#: The second is for nginx: it is to pass each part on at once.
HEADERS = {"Content-Type": CONTENT_TYPE, "X-Accel-Buffering": "no"}


class EndlessResponse(web.StreamResponse):
    """Ends with its connection, without chunks in between: the simplest players know no chunks.

    WebSocketResponse switches the same attribute off, for the same reason.
    """

    _length_check = False


class Streams:
    """`/cameras/<camera>/stream.mjpeg`, and `/stream.jpg` where there is one camera."""

    def __init__(self, showing: Showing, cameras: Cameras) -> None:
        self._showing = showing
        self._cameras = cameras

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(self._cameras.path("stream.mjpeg"), self.stream, allow_head=False),
            web.get("/stream.jpg", self.stream, allow_head=False),
        ]

    async def stream(self, request: web.Request) -> web.StreamResponse:
        camera, wanted = self._cameras.of(request), wishes(request.query)
        with ExitStack() as seat:
            channel = seat.enter_context(self._showing.watch(camera, wanted))
            response = EndlessResponse(headers=HEADERS)
            response.force_close()
            transport = request.transport
            with suppress(ConnectionError, TimeoutError):
                writer = await response.prepare(request)
                if writer and transport:
                    limit_buffers(transport)
                    await writer.write(OPENING)
                    await writer.drain()
                    if sock := taken_out(transport):
                        leave = seat.pop_all().close
                        self._showing.fanout.join(sock, channel, wanted, welcome_of(request), leave)
                    else:
                        await _write(writer, channel, wanted, request)
        if transport:
            transport.abort()  # ours goes on without it; closing would first wait for one that was given up
        return response


async def _write(
    writer: AbstractStreamWriter, channel: Channel, wanted: Wishes, request: web.Request
) -> None:
    async def give(picture: Picture) -> None:
        await writer.write(picture.part)
        await writer.drain()  # until the kernel has it all

    await write_all(channel, wanted, welcome_of(request), give)
