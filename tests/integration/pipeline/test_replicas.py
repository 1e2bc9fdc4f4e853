"""A camera changes hands between replicas in the midst of an event: nothing is lost, nothing comes twice."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from services.archiver.service import ArchiverService
from services.contract.events import EventType
from services.contract.settings import Settings
from services.motion.service import MotionService
from tests.integration.pipeline.listener import Listener
from tests.integration.pipeline.pipeline import Pipeline, Running

pytestmark = [pytest.mark.real, pytest.mark.timeout(90)]

S = TypeVar("S", MotionService, ArchiverService)


def partitioned(running: Pipeline, folder: Path) -> Settings:
    """Of the second of two replicas, which the camera belongs to, with a state of its own."""
    update = {"partition": "2/2", "state_dir": folder / "second"}
    return running.settings.model_copy(update=update)


def watched_by(service: MotionService, camera: str) -> Callable[[], bool]:
    return lambda: camera in service.account()


def test_motion_is_taken_over_in_the_midst_of_an_event(
    running: Pipeline, listener: Listener, tmp_path: Path
) -> None:
    first = running.motion
    running.event_begins()
    running.play(1.0)
    second = MotionService(partitioned(running, tmp_path), running.address)
    life = Running(second)
    try:
        running.wait_for("take-over", watched_by(second, running.camera))
        assert not first.account()
        running.motion = second
        before = running.manifest()
        running.wait_for("second event", lambda: second.account()[running.camera].model_dump()["events"])
        running.event_ends()
        after = running.manifest(2)
        running.check_whole(before, after)
    finally:
        life.end()
    running.motion = first
    running.wait_for("the camera's return", watched_by(first, running.camera))
    running.event_begins()
    running.event_ends()
    running.manifest(3)
    running.check_whole(*running.manifests())
    running.wait_for("answers", lambda: len(listener.answers) >= 3)
    assert [each.event_type for each in listener.answers] == [EventType.ARCHIVED] * 3


def test_what_is_set_stays_set_whoever_watches_the_camera(
    running: Pipeline, listener: Listener, tmp_path: Path
) -> None:
    state = f"{running.prefix}/camera/{running.camera}/sensitivity/state"
    listener.publish(f"{running.prefix}/camera/{running.camera}/sensitivity/set", b"77")
    running.wait_for("the setting", lambda: listener.state.get(state) == b"77")
    second = MotionService(partitioned(running, tmp_path), running.address)
    life = Running(second)
    try:
        running.wait_for("take-over", watched_by(second, running.camera))
        running.play(0.5)
        assert listener.state[state] == b"77"
        assert second._board.value(running.camera, "sensitivity") == 77
    finally:
        life.end()


def test_an_archiver_is_taken_over_in_the_midst_of_an_event(
    running: Pipeline, listener: Listener, tmp_path: Path
) -> None:
    running.event_begins()
    running.play(0.5)
    second = ArchiverService(partitioned(running, tmp_path), running.address, running.open_store())
    life = Running(second)
    try:
        running.wait_for("take-over", lambda: running.camera in second.account())
        running.play(0.5)
        running.event_ends()
        running.check_whole(running.manifest())
        running.wait_for("answer", lambda: listener.answers)
        running.play(1.0)
        assert [each.event_type for each in listener.answers] == [EventType.ARCHIVED]
    finally:
        life.end()
