"""`POST /api/cameras/<camera>/frames`: a picture from a device, answered when the broker has it."""

import asyncio
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import HttpVersion11, web
from pydantic import BaseModel

from services.contract.message import CameraName
from services.contract.settings import MqttSettings
from services.contract.topics import INGEST, Topics
from services.contract.urls import parse_pushed, scheme_of
from services.gateway.access.caller import Scope, needs
from services.gateway.cameras import CAMERA, Cameras
from services.gateway.ingest.body import HOW, TAKEN, NoPicture, boundary_of, largest_body, picture_in
from services.gateway.ingest.limits import Allowance
from services.gateway.openapi.describe import describes
from services.runtime.mqtt import Link

#: Nothing that pushes whole pictures is faster for long; capture.fps is for what is kept of them.
PER_S, BURST = 30.0, 30
#: Pictures of a camera that are on their way at a time: each is in memory as a whole.
AT_A_TIME = 4
#: What the broker counts beside the picture: topic, properties, lengths, and EXIF that capture puts in.
MARGIN_BYTES = 2_000
READ_S = 30.0
TAKEN_S = 5.0


class Taken(BaseModel):
    """The broker has the picture."""

    camera: CameraName
    bytes: int


class Ingest:
    """Takes pictures for cameras that are configured as `push:`."""

    def __init__(self, cameras: Cameras, topics: Topics, mqtt: MqttSettings, link: Link) -> None:
        self._cameras = cameras
        self._topics = topics
        self._link = link
        self._max_bytes = int(mqtt.max_packet_mb * 1_000_000) - MARGIN_BYTES
        self._under_way: Counter[str] = Counter()
        self._allowances: defaultdict[str, Allowance] = defaultdict(
            lambda: Allowance(PER_S, BURST, time.monotonic)
        )

    def routes(self) -> list[web.RouteDef]:
        path = f"/api/cameras/{CAMERA}/frames"
        return [web.post(path, self.take, expect_handler=_when_it_is_wanted)]

    @needs(Scope.INGEST)
    @describes(
        "Send a picture for a camera that is configured as push:",
        tag="Pictures from devices",
        answer=Taken,
        status=202,
        body=bytes,
        media="image/jpeg",
        also={
            400: "the body ended before it was complete",
            408: "the picture was not there within 30 s",
            409: "the camera takes its pictures from elsewhere",
            413: "more than mqtt.max_packet_mb",
            415: "another type of body, or a compressed one; a form and JSON are taken, too",
            422: "no complete JPEG in it, and why",
            503: "the broker is away, or has not acknowledged it; Retry-After",
        },
    )
    async def take(self, request: web.Request) -> web.Response:
        camera = self._cameras.of(request)
        self._refuse_what_pushes_nothing(camera)
        if not self._link.connected:
            raise _away("the broker is away, so the picture was not taken: send it again later")
        with self._one_more(camera):
            jpeg = await self._read(request)
            await self._publish(camera, jpeg)
        return web.json_response({"camera": camera, "bytes": len(jpeg)}, status=202)

    def _refuse_what_pushes_nothing(self, camera: str) -> None:
        url = self._cameras.settings(camera).url
        topic = self._topics.frames(camera, INGEST)
        if scheme_of(url) == "push" or (scheme_of(url) == "mqtt" and parse_pushed(url) == topic):
            return
        raise web.HTTPConflict(
            text=f"camera '{camera}' takes its pictures from {self._cameras.url(camera)}: set "
            f"cameras.{camera}.url to push: in nightjar.yaml, and it takes those that are sent here"
        )

    @contextmanager
    def _one_more(self, camera: str) -> Iterator[None]:
        if wait_s := self._allowances[camera].take():
            raise _too_many(f"camera '{camera}' may send {PER_S:g} pictures a second", wait_s)
        if self._under_way[camera] >= AT_A_TIME:
            raise _too_many(f"{AT_A_TIME} pictures of camera '{camera}' are on their way already", 1)
        self._under_way[camera] += 1
        try:
            yield
        finally:
            self._under_way[camera] -= 1

    async def _read(self, request: web.Request) -> bytes:
        """The JPEG of the request, unchanged; a device that is not to send it is told before it does."""
        header = request.headers.get("Content-Type", "")
        content_type, boundary = header.partition(";")[0].strip().lower(), boundary_of(header)
        if content_type not in TAKEN:
            raise web.HTTPUnsupportedMediaType(text=f"'{content_type:.60}' is not taken here: {HOW}")
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise web.HTTPUnsupportedMediaType(text="send the picture as it is: a JPEG is compressed already")
        most = largest_body(content_type, self._max_bytes)
        if (request.content_length or 0) > most:
            raise self._too_large()
        await _let_it_come(request)
        try:
            async with asyncio.timeout(READ_S):
                body = await self._whole(request, most)
        except TimeoutError:
            raise web.HTTPRequestTimeout(text=f"the picture was not here within {READ_S:.0f} s") from None
        try:
            jpeg = picture_in(content_type, boundary, body)
        except NoPicture as reason:
            raise web.HTTPUnprocessableEntity(text=f"there is no picture in it: {reason}") from None
        if len(jpeg) > self._max_bytes:
            raise self._too_large()
        return jpeg

    async def _whole(self, request: web.Request, most: int) -> bytes:
        body = bytearray()
        try:
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > most:
                    raise self._too_large()
        except web.RequestPayloadError:
            raise web.HTTPBadRequest(text="the body ended before it was complete") from None
        return bytes(body)

    async def _publish(self, camera: str, jpeg: bytes) -> None:
        """Returns when the broker has acknowledged it."""
        loop = asyncio.get_running_loop()
        taken = asyncio.Event()

        def acknowledged() -> None:
            loop.call_soon_threadsafe(taken.set)

        self._link.send(self._topics.frames(camera, INGEST), jpeg, on_taken=acknowledged)
        try:
            async with asyncio.timeout(TAKEN_S):
                await taken.wait()
        except TimeoutError:
            raise _away(
                f"the broker has not acknowledged the picture within {TAKEN_S:.0f} s; "
                "it is given to the broker again as soon as it answers, so it may still come through"
            ) from None

    def _too_large(self) -> web.HTTPException:
        return web.HTTPRequestEntityTooLarge(
            max_size=self._max_bytes,
            actual_size=self._max_bytes + 1,
            text=f"a picture may have {self._max_bytes / 1_000_000:.1f} MB (mqtt.max_packet_mb): "
            "lower the camera's resolution or quality",
        )


async def _when_it_is_wanted(_request: web.Request) -> None:
    """`Expect: 100-continue` is answered when all but the picture itself has been looked at."""


async def _let_it_come(request: web.Request) -> None:
    if request.version >= HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun, as in aiohttp's own handler


def _away(text: str) -> web.HTTPException:
    return web.HTTPServiceUnavailable(text=text, headers={"Retry-After": "5"})


def _too_many(text: str, wait_s: float) -> web.HTTPException:
    return web.HTTPTooManyRequests(text=text, headers={"Retry-After": str(math.ceil(wait_s))})
