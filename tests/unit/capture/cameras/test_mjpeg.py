"""Every JPEG that a camera sends comes out once and untouched, however badly the parts are framed."""

from collections.abc import Callable

import cv2
import pytest

from services.capture.cameras.mjpeg import MjpegParser
from tests.unit.capture.cameras.pictures import decode, jpeg, with_thumbnail

FRAMES = [jpeg(seed) for seed in range(5)]

Framing = Callable[[bytes], bytes]

FRAMINGS: dict[str, Framing] = {
    "by the book": lambda j: (
        b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(j), j)
    ),
    "length before type": lambda j: b"--b\r\ncontent-length:%d\r\nX-T: 1\r\n\r\n%b\r\n" % (len(j), j),
    "no length": lambda j: b"--b\r\nContent-Type: image/jpeg\r\n\r\n%b\r\n" % j,
    "no final line end": lambda j: b"--b\r\nContent-Length: %d\r\n\r\n%b" % (len(j), j),
    "bare line feeds": lambda j: b"--b\nContent-Length: %d\n\n%b\n" % (len(j), j),
    "quoted boundary": lambda j: b'"--b"\r\nContent-Type: image/jpeg\r\n\r\n%b\r\n' % j,
    "no boundary at all": lambda j: j,
    "empty line too many": lambda j: b"--b\r\nContent-Length: %d\r\n\r\n\r\n%b\r\n" % (len(j), j),
    "length counts the line end": lambda j: b"--b\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(j) + 2, j),
    "length too small": lambda j: b"--b\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(j) - 7, j),
    "length too large": lambda j: b"--b\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(j) + 40, j),
    "length absurd": lambda j: b"--b\r\nContent-Length: 999999999\r\n\r\n%b\r\n" % j,
    "padded with zeros": lambda j: b"--b\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(j) + 20, j + bytes(20)),
    "padded a lot": lambda j: b"--b\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(j) + 500, j + bytes(500)),
    "junk between": lambda j: (
        b"\x00\xff\xd8junk\xff\xff--b\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(j), j)
    ),
}


def parse(parser: MjpegParser, data: bytes, piece: int) -> list[bytes]:
    return [jpeg for at in range(0, len(data), piece) for jpeg in parser.feed(data[at : at + piece])]


@pytest.mark.parametrize("piece", [1, 7, 1000, 1 << 20])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_every_picture_comes_out_as_it_went_in(framing: str, piece: int) -> None:
    data = b"".join(map(FRAMINGS[framing], FRAMES)) + b"--b\r\nContent-Type: image/jpeg\r\n\r\n" + FRAMES[0]
    assert parse(MjpegParser(), data, piece) == [*FRAMES, FRAMES[0]]


@pytest.mark.parametrize("framing", ["by the book", "no length", "no boundary at all"])
def test_a_thumbnail_inside_is_not_the_pictures_end(framing: str) -> None:
    frames = [with_thumbnail(frame) for frame in FRAMES]
    assert parse(MjpegParser(), b"".join(map(FRAMINGS[framing], frames)), 100) == frames


@pytest.mark.parametrize("framing", ["by the book", "no length"])
@pytest.mark.parametrize("kept", [3, 30, 300, 700, -1])
def test_a_picture_that_is_cut_off_costs_only_itself(framing: str, kept: int) -> None:
    frame = FRAMINGS[framing]
    broken = frame(FRAMES[1]).partition(FRAMES[1])[0] + FRAMES[1][:kept]
    parser = MjpegParser()
    data = frame(FRAMES[0]) + broken + frame(FRAMES[2]) + frame(FRAMES[3]) + frame(FRAMES[4])
    assert parse(parser, data, 500) == [FRAMES[0], *FRAMES[2:]]
    assert parser.dropped >= 1


def test_a_progressive_picture_has_many_scans() -> None:
    flags = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    progressive = cv2.imencode(".jpg", decode(FRAMES[0]), flags)[1].tobytes()
    assert parse(MjpegParser(), progressive * 3, 50) == [progressive] * 3


def test_memory_is_bounded_whatever_comes() -> None:
    parser = MjpegParser(max_bytes=100_000)
    for never_ending in (b"no picture at all", FRAMES[0][:-2], FRAMES[0][:700] + bytes(200)):
        held = []
        for _ in range(100):
            assert parser.feed(never_ending) == []
            held.append(len(parser._buffer))
            assert parser.feed(bytes(50_000)) == []
            held.append(len(parser._buffer))
        assert max(held) < 300_000
    assert parser.feed(bytes(200_000) + FRAMES[1]) == [FRAMES[1]]


def test_a_picture_that_is_too_large_is_left_out() -> None:
    parser = MjpegParser(max_bytes=10_000)
    huge = jpeg(7, 400, 300)
    assert len(huge) > 10_000
    for framing in (FRAMINGS["by the book"], FRAMINGS["no length"]):
        assert parse(parser, framing(huge) + framing(FRAMES[0]), 500) == [FRAMES[0]]
    assert parser.dropped == 2
