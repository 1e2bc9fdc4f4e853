"""Pictures as a clip that keeps the time of each: Motion JPEG, untouched, in MP4 or AVI, or H.264.

MP4 gives each picture a time of its own, to the microsecond. AVI has a fixed rate, so there each takes the
nearest hundredth of a second, and empty entries, which players pass over, fill what is between.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import av
from av.container import OutputContainer
from av.video.frame import PictureType
from av.video.stream import VideoStream

from services.contract.frame import NotAFrame, size
from services.runtime.errors import UserError

#: Ticks per second in each container.
TICKS = {"mp4": 1_000_000, "avi": 100}
H264_TICKS = 90_000
#: A key frame every so many pictures: players can go to each of them.
_X264 = {"crf": "20", "preset": "veryfast", "g": "60"}
_IN_A_FILE = {"movflags": "+faststart"}
_IN_A_PIPE = {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}
#: Ticks of the last picture, of which nobody knows how long it stood, where it is the only one.
_ALONE_S = Fraction(1, 10)


def write_clip(
    pictures: Iterable[tuple[datetime, bytes]],
    target: Path | BinaryIO,
    form: str,
    *,
    h264: bool,
    most_wide: int = 0,
) -> None:
    """Writes the pictures in their order, which is that of their times, to a file or (MP4 alone) a pipe.

    H.264 can be made smaller, at most `most_wide` pixels.

    Raises UserError where there are none, or where a clip cannot hold them.
    """
    is_file = isinstance(target, Path)
    options = (_IN_A_FILE if is_file else _IN_A_PIPE) if form == "mp4" else {}
    file = str(target) if isinstance(target, Path) else _Pipe(target)
    ticks = H264_TICKS if h264 else TICKS[form]
    timed = _timed(pictures, ticks)
    first = next(timed, None)
    if first is None:
        raise UserError("there is no picture to make a clip of")
    with av.open(file, "w", format=form, options=options) as output:
        if h264:
            _encode(output, first, timed, most_wide)
        else:
            _mux(output, first, timed, ticks)


class _Pipe:
    """What can be written to and nothing else: without its name nobody tries to open it again."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        return self._file.write(data)


Timed = tuple[int, int, bytes]
"""When it begins and how long it stands, in ticks, and the JPEG."""


def _timed(pictures: Iterable[tuple[datetime, bytes]], ticks: int) -> Iterator[Timed]:
    """Each later than the one before, whatever a camera's clock did."""
    began: datetime | None = None
    last = -1

    def at() -> Iterator[tuple[int, bytes]]:
        nonlocal began, last
        for time, jpeg in pictures:
            began = began or time
            last = max(last + 1, round((time - began).total_seconds() * ticks))
            yield last, jpeg

    for (now, jpeg), (after, _) in pairwise(_with_end(at(), ticks)):
        yield now, after - now, jpeg


def _with_end(pictures: Iterator[tuple[int, bytes]], ticks: int) -> Iterator[tuple[int, bytes]]:
    """The last one stands as long as the one before it did."""
    before: int | None = None
    last: int | None = None
    for at, jpeg in pictures:
        before, last = last, at
        yield at, jpeg
    if last is not None:
        yield last + (max(1, int(_ALONE_S * ticks)) if before is None else last - before), b""


def _mux(output: OutputContainer, first: Timed, rest: Iterator[Timed], ticks: int) -> None:
    wide, high = _size(first[2])
    stream = output.add_mux_stream("mjpeg", rate=ticks, width=wide, height=high)
    stream.time_base = Fraction(1, ticks)
    for at, lasts, jpeg in _all(first, rest):
        if _size(jpeg) != (wide, high):
            raise UserError(
                f"its pictures change their size (first {wide} x {high}), which no clip can: "
                "export --to zip, or --to mp4 --h264"
            )
        packet = av.Packet(jpeg)
        packet.stream = stream
        packet.time_base = Fraction(1, ticks)
        packet.pts = packet.dts = at
        packet.duration = lasts
        packet.is_keyframe = True
        output.mux(packet)


def _encode(output: OutputContainer, first: Timed, rest: Iterator[Timed], most_wide: int) -> None:
    ticks = H264_TICKS
    wide, high = _size(first[2])
    if most_wide and wide > most_wide:
        wide, high = most_wide, round(high * most_wide / wide)
    stream: VideoStream = output.add_stream("libx264", rate=25, options=_X264)
    stream.width, stream.height, stream.pix_fmt = wide - wide % 2, high - high % 2, "yuv420p"
    stream.time_base = stream.codec_context.time_base = Fraction(1, ticks)
    decoder = av.VideoCodecContext.create("mjpeg", "r")
    for at, _, jpeg in _all(first, rest):
        for frame in _decoded(decoder, jpeg):
            plain = frame.reformat(stream.width, stream.height, "yuv420p")
            plain.pict_type = PictureType.NONE  # each JPEG is a key frame, which the encoder would follow
            plain.pts, plain.time_base = at, Fraction(1, ticks)
            output.mux(stream.encode(plain))
    output.mux(stream.encode(None))


def _decoded(decoder: av.VideoCodecContext, jpeg: bytes) -> list[av.VideoFrame]:
    try:
        return decoder.decode(av.Packet(jpeg))
    except av.InvalidDataError:
        raise UserError("one of its pictures is no JPEG that can be decoded") from None


def _size(jpeg: bytes) -> tuple[int, int]:
    try:
        return size(jpeg)
    except NotAFrame:
        raise UserError("one of its pictures is no JPEG with a size") from None


def _all(first: Timed, rest: Iterator[Timed]) -> Iterator[Timed]:
    yield first
    yield from rest
