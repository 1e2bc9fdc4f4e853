"""A video file plays as a camera, and JPEGs in it come out untouched."""

import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.capture.cameras.camera import CameraLost, CameraMisconfigured, CameraOptions, Picture
from services.capture.cameras.file import FileCamera
from tests.unit.capture.cameras.pictures import avi, decode, jpeg, without_tables

FRAMES = [jpeg(seed) for seed in range(5)]
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.avi"
    path.write_bytes(avi(FRAMES, rate=50))
    return path


@pytest.fixture
def encoded(tmp_path: Path) -> Path:
    """Five gray pictures, ever lighter, as MPEG-4."""
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48))
    for level in range(5):
        writer.write(np.full((48, 64, 3), 40 * level, np.uint8))
    writer.release()
    return path


def play(url: str, count: int | None = None, **options: float) -> list[Picture]:
    camera = FileCamera(url, CameraOptions(**options), now=lambda: NOW)  # type: ignore[arg-type] # numbers all
    return list(islice(camera.pictures(threading.Event()), count))


def test_jpegs_in_an_avi_are_byte_identical(clip: Path) -> None:
    assert [picture.jpeg for picture in play(f"file:{clip}?loop=once&speed=fast")] == FRAMES


def test_huffman_tables_are_put_in_where_they_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "bare.avi"
    path.write_bytes(avi([without_tables(FRAMES[0])]))
    [picture] = play(f"file:{path}?loop=once&speed=fast")
    assert np.array_equal(decode(picture.jpeg), decode(FRAMES[0]))


def test_fast_times_are_the_videos_own_and_go_on_in_a_loop(clip: Path) -> None:
    pictures = play(f"file:{clip}?speed=fast", 12)
    assert [picture.jpeg for picture in pictures] == (FRAMES * 3)[:12]
    assert [picture.time - NOW for picture in pictures] == [timedelta(seconds=n / 50) for n in range(12)]


def test_real_time_takes_the_time_it_takes(clip: Path) -> None:
    began = time.monotonic()
    camera = FileCamera(str(clip), CameraOptions())
    times = [picture.time for picture in islice(camera.pictures(threading.Event()), 11)]
    assert 0.18 < time.monotonic() - began < 0.5
    assert all(later > earlier for earlier, later in pairwise(times))


def test_other_videos_are_decoded_and_encoded(encoded: Path) -> None:
    pictures = play(f"file:{encoded}?loop=once&speed=fast")
    levels = [round(float(decode(picture.jpeg).mean()) / 40) for picture in pictures]
    assert levels == [0, 1, 2, 3, 4]


def test_a_limit_leaves_pictures_out_evenly(clip: Path, encoded: Path) -> None:
    assert [p.jpeg for p in play(f"file:{clip}?loop=once&speed=fast", max_fps=25)] == FRAMES[::2]
    assert len(play(f"file:{encoded}?loop=once&speed=fast", max_fps=5)) == 3


def test_it_ends_as_soon_as_it_is_told_to(tmp_path: Path) -> None:
    path = tmp_path / "slow.avi"
    path.write_bytes(avi(FRAMES, rate=1, scale=10))
    stop = threading.Event()
    pictures = FileCamera(str(path), CameraOptions()).pictures(stop)
    next(pictures)
    threading.Timer(0.05, stop.set).start()
    began = time.monotonic()
    assert list(pictures) == []
    assert time.monotonic() - began < 0.5


def test_a_file_that_vanishes_is_lost(clip: Path) -> None:
    pictures = FileCamera(f"file:{clip}?speed=fast", CameraOptions()).pictures(threading.Event())
    for _ in FRAMES:
        next(pictures)
    clip.unlink()
    with pytest.raises(CameraLost, match=r'clip\.avi" cannot be read: No such file or directory$'):
        next(pictures)


def test_what_cannot_be_played_gets_its_sentence(tmp_path: Path) -> None:
    text, empty = tmp_path / "text.mp4", tmp_path / "empty.avi"
    text.write_text("no video")
    empty.write_bytes(avi([]))
    for path, sentence in (
        (
            "/nowhere.mp4",
            'there is no file "/nowhere.mp4"; give the path of a video or of pictures that capture can see',
        ),
        (text, f'"{text}" is no video that can be read; give an MP4, MKV or AVI file'),
        (empty, f'"{empty}" holds no pictures'),
    ):
        with pytest.raises(CameraMisconfigured) as raised:
            play(str(path))
        assert str(raised.value) == sentence


def folder(path: Path, *names: str) -> Path:
    for seed, name in enumerate(names):
        (path / name).write_bytes(jpeg(seed))
    return path


def test_a_folder_plays_its_pictures_by_name_and_as_they_are(tmp_path: Path) -> None:
    folder(tmp_path, "b10.jpg", "b9.JPEG", "a.jpg", ".hidden.jpg", "notes.txt")
    pictures = play(f"file:{tmp_path}/?loop=once&speed=fast")
    assert [picture.jpeg for picture in pictures] == [jpeg(2), jpeg(1), jpeg(0)]
    assert {picture.encoded_from for picture in pictures} == {""}


def test_a_pattern_plays_what_it_matches_again_and_again(tmp_path: Path) -> None:
    folder(tmp_path, "b1.jpg", "b2.jpg", "c1.jpg")
    pictures = play(f"file:{tmp_path}/b*.jpg?speed=fast&fps=4", 5)
    assert [picture.jpeg for picture in pictures] == [jpeg(0), jpeg(1), jpeg(0), jpeg(1), jpeg(0)]
    assert [picture.time - NOW for picture in pictures] == [timedelta(seconds=n / 4) for n in range(5)]


def test_a_file_whose_name_looks_like_a_pattern_is_itself(tmp_path: Path) -> None:
    folder(tmp_path, "a[1].jpg", "a1.jpg")
    assert [picture.jpeg for picture in play(f"{tmp_path}/a[1].jpg", 2)] == [jpeg(0), jpeg(0)]


def test_pictures_of_another_kind_are_encoded(tmp_path: Path) -> None:
    gray = np.full((48, 64, 3), 90, np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), gray)
    [picture] = play(f"file:{tmp_path}?loop=once&speed=fast")
    assert np.abs(decode(picture.jpeg).astype(int) - 90).max() <= 2
    assert picture.encoded_from


@pytest.mark.parametrize("content", [b"", b"no picture", FRAMES[1][:-300], FRAMES[1][:30]])
def test_a_broken_picture_is_left_out_and_counted(tmp_path: Path, content: bytes) -> None:
    folder(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    (tmp_path / "b.jpg").write_bytes(content)
    camera = FileCamera(f"file:{tmp_path}?loop=once&speed=fast", CameraOptions())
    assert [picture.jpeg for picture in camera.pictures(threading.Event())] == [jpeg(0), jpeg(2)]
    assert camera.skipped == 1


def test_a_folder_of_broken_pictures_gets_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    with pytest.raises(CameraMisconfigured) as raised:
        play(f"file:{tmp_path}")
    assert str(raised.value) == f'"{tmp_path}" holds no picture that can be read'


def test_a_limit_holds_for_pictures_too(tmp_path: Path) -> None:
    folder(tmp_path, *(f"{n}.jpg" for n in range(10)))
    assert len(play(f"file:{tmp_path}?loop=once&speed=fast&fps=10", max_fps=5)) == 5
