"""What a camera's program says is in the log, and is no flood."""

import logging

import pytest

from services.capture.cameras.chatter import Chatter


class Time:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_a_line_names_its_camera_and_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    chatter = Chatter("yard", "ffmpeg")
    chatter.say("Input from 'rtsp://admin:hunter2@cam/live'")
    assert caplog.messages == ["yard: ffmpeg: Input from 'rtsp://***@cam/live'"]
    assert chatter.last == "Input from 'rtsp://***@cam/live'"


def test_a_flood_is_counted_instead(caplog: pytest.LogCaptureFixture) -> None:
    time = Time()
    chatter = Chatter("yard", "ffmpeg", time)
    for n in range(1000):
        time.now_s = n * 0.01
        chatter.say(f"line {n}")
    assert caplog.messages == [f"yard: ffmpeg: line {n}" for n in range(10)]
    time.now_s = 60
    chatter.say("again")
    assert caplog.messages[10:] == ["yard: ffmpeg: (990 more lines)", "yard: ffmpeg: again"]
    assert chatter.last == "again"
