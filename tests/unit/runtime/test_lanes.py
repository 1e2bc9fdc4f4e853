"""Cameras come and go while a service runs, and no thread is left behind."""

import threading
from collections.abc import Iterator

import pytest

from services.contract.settings import CameraSettings
from services.runtime.lanes import Lanes
from services.runtime.mqtt import Link
from tests.unit.links import NOWHERE

WAIT_S = 5.0


class QuietLink(Link):
    """Runs until it is to stop."""

    def __init__(self, diary: list[str], camera: str) -> None:
        super().__init__(NOWHERE, camera)
        self._diary, self._camera = diary, camera

    def run(self, stop: threading.Event) -> None:
        stop.wait(WAIT_S)
        self._diary.append(f"{self._camera} link ends")


class Work:
    """Notes what happens to it."""

    def __init__(self, diary: list[str], camera: str, own: CameraSettings, *, fails: bool = False) -> None:
        self.camera, self.label = camera, own.label
        self.link: Link = QuietLink(diary, camera)
        self._diary, self._fails = diary, fails
        self.runs = threading.Event()

    def run(self, stop: threading.Event) -> None:
        self.runs.set()
        if self._fails:
            raise RuntimeError("broken")
        stop.wait(WAIT_S)
        self._diary.append(f"{self.camera} ends")


class Scene:
    def __init__(self) -> None:
        self.diary: list[str] = []
        self.fails: set[str] = set()
        self.alarm = threading.Event()
        self.lanes = Lanes[Work](
            "test",
            lambda camera, own: Work(self.diary, camera, own, fails=camera in self.fails),
            same=lambda before, now: before.url == now.url,
            begin=lambda work: self.diary.append(f"{work.camera} begins"),
            halt=lambda work: self.diary.append(f"{work.camera} is to end"),
            last=lambda work: self.diary.append(f"{work.camera} says its last"),
        )
        self.lanes.prepare(cameras("door"))

    def said(self) -> list[str]:
        said = list(self.diary)
        self.diary.clear()
        return said


def cameras(*names: str, url: str = "demo:", label: str = "") -> dict[str, CameraSettings]:
    return {name: CameraSettings(url=url, label=label) for name in names}


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    scene.lanes.start(scene.alarm)
    yield scene
    if not scene.fails:
        scene.lanes.close()
    assert not [each for each in threading.enumerate() if each.name.startswith("test-")]


def test_a_camera_that_is_new_begins_and_the_others_go_on(scene: Scene) -> None:
    before = scene.lanes["door"]
    scene.said()
    scene.lanes.take(cameras("door", "yard"))
    assert scene.said() == ["yard begins"]
    assert scene.lanes["door"] is before
    assert scene.lanes["yard"].runs.wait(WAIT_S)


def test_a_camera_that_is_gone_ends_and_its_link_after_what_it_says_last(scene: Scene) -> None:
    scene.said()
    scene.lanes.take({})
    assert scene.said() == ["door is to end", "door ends", "door says its last", "door link ends"]
    assert scene.lanes.work == {}


def test_a_camera_that_changed_ends_before_it_begins_anew(scene: Scene) -> None:
    before = scene.lanes["door"]
    scene.said()
    scene.lanes.take(cameras("door", url="push:"))
    said = scene.said()
    assert said.index("door link ends") < said.index("door begins")
    assert scene.lanes["door"] is not before


def test_a_camera_whose_change_does_not_matter_here_goes_on(scene: Scene) -> None:
    before = scene.lanes["door"]
    scene.lanes.take(cameras("door", label="Front door"))
    assert scene.lanes["door"] is before


def test_after_the_end_nothing_begins_any_more(scene: Scene) -> None:
    scene.lanes.close()
    scene.said()
    scene.lanes.take(cameras("door", "yard"))
    assert scene.said() == []


def test_before_the_start_other_cameras_are_only_built(scene: Scene) -> None:
    early = Scene()
    early.lanes.take(cameras("yard"))
    assert list(early.lanes.work) == ["yard"]
    assert early.said() == []


def test_a_camera_that_fails_raises_the_alarm_and_its_failure_comes_out_at_the_end(scene: Scene) -> None:
    scene.fails.add("yard")
    scene.lanes.take(cameras("door", "yard"))
    assert scene.alarm.wait(WAIT_S)
    with pytest.raises(RuntimeError, match="broken"):
        scene.lanes.close()
    assert "door link ends" in scene.said()
