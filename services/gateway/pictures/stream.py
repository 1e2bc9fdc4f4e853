"""Live pictures as multipart MJPEG: each viewer gets the newest frame whenever it can take one."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from services.gateway.cameras import Cameras
from services.gateway.pictures.hub import Channel, Hub
from services.gateway.pictures.picture import CONTENT_TYPE, OPENING, Picture

#: What the kernel may keep for a viewer: its own limit of megabytes is many seconds of a slow viewer's video.
SEND_BUFFER = 256 * 1024
#: A viewer that takes nothing for so long is gone.
DEAD_S = 30.0
#: Chromium shows a part only when the next one begins: with `?repeat=1` a picture that is the last for so
#: long is sent once more, so that a page shows the newest of a slow camera, too.
REPEAT_S = 0.25


class EndlessResponse(web.StreamResponse):
    """Ends with its connection, without chunks in between: the simplest players know no chunks.

    WebSocketResponse switches the same attribute off, for the same reason.
    """

    _length_check = False


class Streams:
    """`/cameras/<camera>/stream.mjpeg`, and `/stream.jpg` where there is one camera."""

    def __init__(self, hub: Hub, cameras: Cameras, max_viewers: int) -> None:
        self._hub = hub
        self._cameras = cameras
        self._max_viewers = max_viewers

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(self._cameras.path("stream.mjpeg"), self.stream, allow_head=False),
            web.get("/stream.jpg", self.stream, allow_head=False),
        ]

    async def stream(self, request: web.Request) -> web.StreamResponse:
        camera = self._cameras.of(request)
        interval_s, repeats = _interval_s(request), request.query.get("repeat") == "1"
        if self._hub.viewers >= self._max_viewers:
            raise web.HTTPServiceUnavailable(
                text=f"{self._max_viewers} viewers are watching, which is the most (gateway.max_viewers)",
                headers={"Retry-After": "5"},
            )
        response = EndlessResponse(headers={"Content-Type": CONTENT_TYPE, "X-Accel-Buffering": "no"})
        response.force_close()
        transport = request.transport
        with self._hub.watch(camera) as channel, suppress(ConnectionError, TimeoutError):
            writer = await response.prepare(request)
            assert writer is not None
            _limit_buffers(transport)
            await writer.write(OPENING)
            pace = Pace(interval_s, asyncio.get_running_loop().time)
            count = 0
            while transport and not transport.is_closing():
                await asyncio.sleep(pace.wait_s())
                count, picture = await channel.after(count)
                await _give(writer, picture)
                if repeats and not await _followed(channel, count):
                    await _give(writer, picture)
        if transport:
            transport.abort()  # closing would first wait for a viewer that was given up
        return response


async def _give(writer: AbstractStreamWriter, picture: Picture) -> None:
    async with asyncio.timeout(DEAD_S):
        await writer.write(picture.part)
        await writer.drain()  # until the kernel has it all


async def _followed(channel: Channel, count: int) -> bool:
    """Whether another picture comes soon."""
    try:
        async with asyncio.timeout(REPEAT_S):
            await channel.after(count)
    except TimeoutError:
        return False
    return True


class Pace:
    """How long to wait so that no more than one frame goes out per interval."""

    def __init__(self, interval_s: float, clock: Callable[[], float]) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._due = clock()

    def wait_s(self) -> float:
        """Seconds until the next frame is due. One that came late does not make the next one early."""
        now = self._clock()
        wait_s = max(self._due - now, 0.0)
        self._due = max(self._due, now) + self._interval_s
        return wait_s


def _interval_s(request: web.Request) -> float:
    """From `?fps=`; 0, which is as fast as frames come, without it."""
    text = request.query.get("fps")
    if text is None:
        return 0.0
    try:
        fps = float(text)
    except ValueError:
        fps = 0.0
    if not 0.01 <= fps <= 1000:
        raise web.HTTPBadRequest(text="fps is a number from 0.01 to 1000, such as ?fps=2")
    return 1 / fps


def _limit_buffers(transport: asyncio.Transport | None) -> None:
    if transport is None:
        return
    transport.set_write_buffer_limits(high=0)
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
