import argparse
import json
from pathlib import Path

import cv2
import pytest

from services.motion.replay import add_arguments, main, replay
from services.motion.video import NotAVideo
from tests.unit.motion.scenes import FPS, HEIGHT, WIDTH, crossing, scene


@pytest.fixture(params=["MJPG", "mp4v"])
def video(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Twenty seconds in which somebody crosses from second 8 to 13."""
    path = tmp_path / ("street.avi" if request.param == "MJPG" else "street.mp4")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*request.param), FPS, (WIDTH, HEIGHT))
    for gray, _ in scene(20, crossing(8)):
        writer.write(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return main(parser.parse_args(arguments))


def test_a_replay_gives_the_motion_itself_in_seconds_of_the_video(video: Path) -> None:
    found = replay(str(video)).as_json()
    assert (found["frames"], found["fps"]) == (20 * FPS, FPS)
    (event,) = found["events"]
    assert 8 <= event["start_s"] <= 8.5
    assert 12.8 <= event["end_s"] <= 13.7
    assert event["peak"] >= 1
    assert event["boxes"]


def test_a_replay_says_what_would_be_recorded_with_pre_roll_and_post_roll(video: Path) -> None:
    found = replay(str(video)).as_json()
    (recording,) = found["recordings"]
    (event,) = found["events"]
    assert recording["start_s"] == pytest.approx(event["start_s"] - 3)
    assert recording["end_s"] == pytest.approx(event["end_s"] + 5, abs=0.11)
    assert recording["frames"] == pytest.approx((recording["end_s"] - recording["start_s"]) * FPS, abs=1)


def test_progress_is_told_frame_by_frame(video: Path) -> None:
    heard: list[tuple[int, int]] = []
    replay(str(video), progress=lambda done, of: heard.append((done, of)))
    assert heard == [(n + 1, 20 * FPS) for n in range(20 * FPS)]


def test_the_command_prints_a_table_and_writes_json(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(video), "--json", str(tmp_path / "found.json")) == 0
    assert "1 events in 1 recordings, 200 frames, 20.0 s at 10 fps" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "found.json").read_text())["events"]) == 1


def test_the_command_takes_the_settings_of_a_camera(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(video), "--json", "-", "--min-area", "0.9") == 0
    assert json.loads(capsys.readouterr().out)["events"] == []


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(tmp_path / "none.avi")) == 1
    assert capsys.readouterr().err == f"there is no file {tmp_path / 'none.avi'}\n"


def test_a_file_that_is_no_video_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no video")
    with pytest.raises(NotAVideo, match="is no video that can be read"):
        replay(str(path))


def test_a_value_out_of_range_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(tmp_path / "none.avi"), "--sensitivity", "200") == 1
    assert capsys.readouterr().err == "sensitivity: Input should be less than or equal to 100\n"
