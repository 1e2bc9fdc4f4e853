"""Smaller pictures: one decode, resize and encode for all who asked for the same width."""

import asyncio
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from aiohttp import web
from PIL import Image

from services.contract.frame import NotAFrame, orientation, size
from services.gateway.pictures.channel import Channel

QUALITY = 80
#: Different widths of all cameras together; each costs some milliseconds of a processor per picture.
MAX_WIDTHS = 32
#: EXIF orientations at which the picture lies on its side.
SIDEWAYS = (5, 6, 7, 8)


def scaled(jpeg: bytes, width: int) -> bytes:
    """The picture so many pixels wide, as one looks at it, with the segment that says whose it is.

    One that is not wider stays as it is, and so does what cannot be decoded.
    """
    try:
        stored_width, stored_height = size(jpeg)
        turned = orientation(jpeg) in SIDEWAYS
        if (stored_height if turned else stored_width) <= width:
            return jpeg
        factor = width / (stored_height if turned else stored_width)
        target = max(round(stored_width * factor), 1), max(round(stored_height * factor), 1)
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            image.draft(image.mode, target)  # libjpeg decodes at 1/2, 1/4 or 1/8 for less
            small = image.resize(target, Image.Resampling.BILINEAR, reducing_gap=2.0)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=QUALITY)
    except (NotAFrame, OSError, ValueError, Image.DecompressionBombError):
        return jpeg
    return _labelled(out.getvalue(), jpeg)


def _labelled(jpeg: bytes, original: bytes) -> bytes:
    """With the first segment of the original, where that is its EXIF."""
    if original[2:4] != b"\xff\xe1":
        return jpeg
    end = 4 + int.from_bytes(original[4:6], "big")
    return jpeg[:2] + original[2:end] + jpeg[2:]


class Scaling:
    """A channel for each camera and width that somebody watches. For one event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._channels: dict[tuple[Channel, int], _Scaled] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gateway-scale")

    @contextmanager
    def watch(self, full: Channel, width: int, interval_s: float) -> Iterator[Channel]:
        """`full`'s pictures at this width, as often as the interval asks for. Raises 503 for too many."""
        key = full, width
        if key not in self._channels:
            if len(self._channels) >= MAX_WIDTHS:
                raise web.HTTPServiceUnavailable(
                    text=f"{MAX_WIDTHS} different widths are watched, which is the most: ask for one of them",
                    headers={"Retry-After": "5"},
                )
            self._channels[key] = _Scaled(full, width, self._clock, self._thread)
        channel = self._channels[key]
        channel.intervals_s.append(interval_s)
        try:
            yield channel.channel
        finally:
            channel.intervals_s.remove(interval_s)
            if not channel.intervals_s:
                self._channels.pop(key).task.cancel()

    async def scaled(self, jpeg: bytes, width: int) -> bytes:
        """One picture, off the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, scaled, jpeg, width)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


class _Scaled:
    def __init__(
        self, full: Channel, width: int, clock: Callable[[], float], thread: ThreadPoolExecutor
    ) -> None:
        self.channel = Channel(clock(), full.tally)
        self.intervals_s: list[float] = []  # of all who watch
        self.task = asyncio.create_task(self._run(full, width, clock, thread), name=f"gateway-width-{width}")

    async def _run(
        self, full: Channel, width: int, clock: Callable[[], float], thread: ThreadPoolExecutor
    ) -> None:
        loop = asyncio.get_running_loop()
        count, due = 0, 0.0
        while True:
            await asyncio.sleep(max(due - clock(), 0.0))
            count, picture = await full.after(count)
            due = max(due, clock()) + min(self.intervals_s, default=0.0)
            if picture.live:
                small = await loop.run_in_executor(thread, scaled, picture.jpeg, width)
                picture = replace(picture, jpeg=small)
            self.channel.put(picture, clock())
