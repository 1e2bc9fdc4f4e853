"""Clips keep each picture's time, and its bytes where they are not encoded anew."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import pytest

from services.contract.archive import Manifest
from services.runtime.errors import UserError
from services.store.clip import write_clip
from tests.unit.archive.pictures import keep_pictures
from tests.unit.archives import DAY, folder


def pictures(manifest: Manifest, jpegs: list[bytes]) -> Iterator[tuple[datetime, bytes]]:
    return ((frame.time, jpeg) for frame, jpeg in zip(manifest.frames, jpegs, strict=True))


def read(file: str | io.BytesIO) -> tuple[str, list[float], list[bytes]]:
    """The codec, each picture's seconds from the first, and its bytes; AVI's empty entries apart."""
    with av.open(file, "r") as container:
        stream = container.streams.video[0]
        found = [
            (packet.pts * (packet.time_base or Fraction(1)), bytes(packet))
            for packet in container.demux(stream)
            if packet.pts is not None and packet.size
        ]
        start = min(time for time, _ in found)
        return stream.codec.name, [float(time - start) for time, _ in found], [data for _, data in found]


def seconds(manifest: Manifest) -> list[float]:
    return [(frame.time - manifest.frames[0].time).total_seconds() for frame in manifest.frames]


@pytest.mark.parametrize(("form", "precision_s"), [("mp4", 2e-6), ("avi", 0.0051)])
def test_motion_jpeg_is_untouched_and_on_time(tmp_path: Path, form: str, precision_s: float) -> None:
    manifest, jpegs = keep_pictures(folder(tmp_path / "a"), DAY, count=40)
    write_clip(pictures(manifest, jpegs), tmp_path / f"clip.{form}", form, h264=False)
    codec, times, found = read(str(tmp_path / f"clip.{form}"))
    assert codec == "mjpeg"
    assert found == jpegs
    assert times == pytest.approx(seconds(manifest), abs=precision_s)


def test_h264_keeps_the_times(tmp_path: Path) -> None:
    manifest, jpegs = keep_pictures(folder(tmp_path / "a"), DAY, count=40, sizes=((65, 49),))
    write_clip(pictures(manifest, jpegs), tmp_path / "clip.mp4", "mp4", h264=True)
    codec, times, _ = read(str(tmp_path / "clip.mp4"))
    assert codec == "h264"
    assert sorted(times) == pytest.approx(seconds(manifest), abs=2e-5)


def test_h264_says_what_changes_and_the_whole_picture_only_now_and_then(tmp_path: Path) -> None:
    manifest, jpegs = keep_pictures(folder(tmp_path / "a"), DAY, count=130, sizes=((64, 48),))
    write_clip(pictures(manifest, jpegs), tmp_path / "clip.mp4", "mp4", h264=True)
    with av.open(str(tmp_path / "clip.mp4"), "r") as container:
        whole = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert len(whole) == 130
    assert 3 <= sum(whole) < 13


def test_into_a_pipe_it_is_written_from_front_to_back(tmp_path: Path) -> None:
    manifest, jpegs = keep_pictures(folder(tmp_path / "a"), DAY)
    pipe = Pipe()
    write_clip(pictures(manifest, jpegs), pipe, "mp4", h264=False)
    assert read(io.BytesIO(pipe.getvalue()))[2] == jpegs


def test_a_clock_that_was_set_back_stops_no_clip(tmp_path: Path) -> None:
    _, jpegs = keep_pictures(folder(tmp_path / "a"), DAY)
    times = [DAY, DAY + timedelta(seconds=1), DAY - timedelta(hours=1), DAY + timedelta(seconds=2)]
    write_clip(zip(times, jpegs, strict=False), tmp_path / "clip.mp4", "mp4", h264=False)
    assert read(str(tmp_path / "clip.mp4"))[1] == pytest.approx([0, 1, 1, 2], abs=1e-5)


def test_one_picture_is_a_clip_too_and_none_is_not(tmp_path: Path) -> None:
    manifest, jpegs = keep_pictures(folder(tmp_path / "a"), DAY, count=1)
    write_clip(pictures(manifest, jpegs), tmp_path / "clip.mp4", "mp4", h264=False)
    assert read(str(tmp_path / "clip.mp4"))[2] == jpegs
    with pytest.raises(UserError, match="there is no picture to make a clip of"):
        write_clip(iter(()), tmp_path / "none.mp4", "mp4", h264=False)


def test_pictures_of_several_sizes_need_to_be_encoded(tmp_path: Path) -> None:
    manifest, jpegs = keep_pictures(folder(tmp_path / "a"), DAY, sizes=((64, 48), (32, 24)))
    with pytest.raises(UserError, match=r"change their size \(first 64 x 48\), which no clip can"):
        write_clip(pictures(manifest, jpegs), tmp_path / "a.mp4", "mp4", h264=False)
    write_clip(pictures(manifest, jpegs), tmp_path / "b.mp4", "mp4", h264=True)
    assert len(read(str(tmp_path / "b.mp4"))[1]) == len(jpegs)


class Pipe(io.BytesIO):
    """Takes bytes in order; who goes back fails."""

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation("seek")
