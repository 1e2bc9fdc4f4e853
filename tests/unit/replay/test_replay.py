from datetime import timedelta
from pathlib import Path

import pytest

from services.contract.settings import MotionSettings
from services.replay.run import Replay, replay
from services.replay.shots import Folder, NotReplayable, Source, VideoFile
from tests.unit.motion.scenes import FPS
from tests.unit.replay import films


def found_in(source: Source, **settings: object) -> Replay:
    [found] = replay(source, [MotionSettings.model_validate(settings)])
    return found


@pytest.fixture(params=["MJPG", "mp4v"])
def video(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return films.video(tmp_path / ("street.avi" if request.param == "MJPG" else "street.mp4"), request.param)


def test_a_replay_gives_the_motion_itself_in_seconds_of_the_video(video: Path) -> None:
    found = found_in(VideoFile(video))
    assert (found.frames, found.fps) == (20 * FPS, FPS)
    (event,) = found.events
    assert 8 <= event.start_s <= 8.5
    assert 12.8 <= event.end_s <= 13.7
    assert event.peak >= 1
    assert event.boxes


def test_a_replay_says_what_would_be_recorded_with_pre_roll_and_post_roll(video: Path) -> None:
    found = found_in(VideoFile(video))
    (recording,), (event,) = found.recordings, found.events
    assert recording.start_s == pytest.approx(event.start_s - 3)
    assert recording.end_s == pytest.approx(event.end_s + 5, abs=0.11)
    assert recording.frames == pytest.approx((recording.end_s - recording.start_s) * FPS, abs=1)


def test_frames_on_which_nothing_happens_are_not_all_looked_at(video: Path) -> None:
    found = found_in(VideoFile(video))
    assert found.looked < 0.85 * found.frames
    assert len(found.points) == found.looked


def test_progress_is_told_frame_by_frame(video: Path) -> None:
    heard: list[tuple[int, int]] = []
    replay(VideoFile(video), [MotionSettings()], lambda done, of: heard.append((done, of)))
    assert heard == [(n + 1, 20 * FPS) for n in range(20 * FPS)]


def test_several_settings_see_the_same_frames_in_one_go(video: Path) -> None:
    several = [MotionSettings(), MotionSettings(min_area=0.9), MotionSettings(working_height=100)]
    assert [len(found.events) for found in replay(VideoFile(video), several)] == [1, 0, 1]


def test_zones_are_in_the_events(video: Path) -> None:
    zones = {"left": {"points": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}}
    assert [event.zones for event in found_in(VideoFile(video), zones=zones).events] == [{"left"}]


# -- folders -------------------------------------------------------------------------------------------------


def test_a_folder_of_pictures_is_replayed_in_the_order_of_their_names(tmp_path: Path) -> None:
    for n, (jpeg, _) in enumerate(films.jpegs()):
        (tmp_path / f"picture-{n}.jpg").write_bytes(jpeg)
    found = found_in(Folder(tmp_path, fps=FPS))
    (event,) = found.events
    assert 8 <= event.start_s <= 8.5
    assert (found.fps, found.first) == (FPS, None)


def test_frames_have_the_times_that_they_carry(tmp_path: Path) -> None:
    films.archive(tmp_path)
    found = found_in(Folder(tmp_path))
    (event,) = found.events
    assert (found.fps, found.first) == (FPS, films.START)
    assert event.started == films.START + timedelta(seconds=event.start_s)
    assert 8 <= event.start_s <= 8.5


def test_two_recordings_an_hour_apart_are_two_events_and_no_more(tmp_path: Path) -> None:
    films.archive(tmp_path)
    films.archive(tmp_path, late_s=3600)
    found = found_in(Folder(tmp_path))
    assert [round(event.start_s / 3600) for event in found.events] == [0, 1]
    assert len(found.recordings) == 2
    assert found.seconds == pytest.approx(40)


def test_frames_of_two_cameras_are_not_mixed(tmp_path: Path) -> None:
    films.archive(tmp_path)
    films.archive(tmp_path, camera="yard")
    with pytest.raises(NotReplayable, match="several cameras, such as door and yard: choose one"):
        found_in(Folder(tmp_path))


def test_a_picture_that_is_broken_is_counted_and_harms_nothing(tmp_path: Path) -> None:
    for n, (jpeg, _) in enumerate(films.jpegs()):
        (tmp_path / f"{n:03}.jpg").write_bytes(b"" if n in (3, 85) else jpeg)
    found = found_in(Folder(tmp_path, fps=FPS))
    assert (found.frames, found.undecodable, len(found.events)) == (200, 2, 1)


# -- what cannot be replayed ---------------------------------------------------------------------------------


def test_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotReplayable, match="there are no JPEGs in"):
        Folder(tmp_path)


def test_a_file_that_is_no_video_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no video")
    with pytest.raises(NotReplayable, match="is no video that can be read"):
        VideoFile(tmp_path / "notes.txt")
    with pytest.raises(NotReplayable, match="there is no file"):
        VideoFile(tmp_path / "none.avi")
