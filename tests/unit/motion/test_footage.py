"""The detector on labelled real clips, as `benchmarks.accuracy` plays them, with a shorter lead-in."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.accuracy import labels, pictures, scorer, spans
from services.contract.settings import MotionSettings
from services.replay.run import replay
from services.replay.shots import VideoFile

LEAD_IN_S = 20.0
# Clip, labelled events in it, alarms that may be false.
CLIPS = {
    "bew_walking_to": (2, 0),
    "bew_dark_stand": (2, 0),
    "bew_light_dark": (0, 0),
    "bew_total_darkness_to_light": (0, 0),
    "bew_alternating_light": (0, 0),
    "intel_one_by_one": (12, 1),  # a shadow comes in with the last three frames
    "intel_cars": (3, 0),
    "ambianic_door": (1, 0),
    "c01_still_night_noise": (0, 0),
    "c04_still_ae_flicker_banding": (0, 0),
    "c11_person_night_noise": (4, 0),
}


def clip_named(folder: Path, name: str) -> dict[str, Any]:
    return next(clip for clip in labels(folder) if clip["file"] == f"{name}.avi")


@pytest.mark.parametrize("name", CLIPS)
def test_every_labelled_event_is_found_and_nothing_else(footage: Path, name: str) -> None:
    clip = clip_named(footage, name)
    found = spans(clip, pictures(footage, clip), LEAD_IN_S)
    events, allowed = CLIPS[name]
    scored = scorer(footage).score_clip(clip, found)
    assert (scored["n"], scored["clean"]) == (events, events)
    assert scored["ft"] <= allowed


def test_a_replay_finds_the_cars_without_any_lead_in(footage: Path) -> None:
    heard: list[tuple[int, int]] = []
    clip_file = VideoFile(footage / "clips" / "intel_cars.avi")
    [found] = replay(clip_file, [MotionSettings()], lambda done, of: heard.append((done, of)))
    clip = clip_named(footage, "intel_cars")
    scored = scorer(footage).score_clip(clip, [(one.start_s, one.end_s) for one in found.events])
    assert (scored["clean"], scored["ft"]) == (3, 0)
    assert heard[-1] == (377, 377)
