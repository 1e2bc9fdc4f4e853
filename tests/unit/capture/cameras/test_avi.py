"""A Motion-JPEG AVI gives its JPEGs as they lie in the file."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.capture.cameras.avi import NotMjpegAvi, read_frames, read_header
from tests.unit.capture.cameras.pictures import avi, jpeg

FRAMES = [jpeg(seed, 64 + 16 * seed) for seed in range(4)]


def frames_of(data: bytes, max_bytes: int = 1 << 20) -> list[bytes | None]:
    file = io.BytesIO(data)
    return list(read_frames(file, read_header(file), max_bytes))


def test_the_pictures_are_byte_identical() -> None:
    assert frames_of(avi(FRAMES)) == FRAMES


def test_the_frame_rate_is_the_videos() -> None:
    assert read_header(io.BytesIO(avi(FRAMES, rate=30000, scale=1001))).fps == pytest.approx(29.97, abs=0.001)


def test_a_file_that_is_cut_off_plays_as_far_as_it_goes() -> None:
    data = avi(FRAMES)
    assert frames_of(data[: data.index(FRAMES[3]) + 50]) == [*FRAMES[:3], None]


def test_an_empty_or_huge_chunk_is_no_picture() -> None:
    assert frames_of(avi([FRAMES[0], b"", jpeg(9, 640, 480)]), max_bytes=20_000) == [FRAMES[0], None, None]


def test_the_second_part_of_a_long_file_is_read_too() -> None:
    movi = avi(FRAMES[2:])
    movi = movi[movi.index(b"LIST", movi.index(b"movi") - 8) : movi.index(b"idx1")]
    more = b"AVIX" + movi
    data = avi(FRAMES[:2]) + b"RIFF" + len(more).to_bytes(4, "little") + more
    assert frames_of(data) == FRAMES


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"hello world, hello", avi(FRAMES, codec=b"H264"), avi([])[:100]]
)
def test_anything_else_is_said_to_be_so(data: bytes) -> None:
    with pytest.raises(NotMjpegAvi):
        read_header(io.BytesIO(data))


def test_what_opencv_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 12.5, (64, 48))
    for level in (0, 100, 200):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    with path.open("rb") as file:
        header = read_header(file)
        assert header.fps == pytest.approx(12.5, abs=0.01)
        assert len([frame for frame in read_frames(file, header, 1 << 20) if frame]) == 3
