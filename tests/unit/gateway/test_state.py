import asyncio
import json

import pytest

from services.contract.status import CaptureStats, HealthDetail, ServiceInfo
from services.contract.topics import Topics
from services.gateway.live.state import LiveState
from tests.unit.gateway.experiments import summary
from tests.unit.gateway.frames import NOW

STATS = CaptureStats(
    time=NOW,
    session="0" * 16,
    last_sequence=9,
    fps=15,
    captured=9,
    skipped=0,
    published=9,
    lost=0,
    resent=0,
    outbox_frames=0,
    outbox_bytes=0,
    reconnects=0,
)


class Scene:
    def __init__(self) -> None:
        self.seen: list[tuple[str, bool]] = []
        self.state = LiveState(Topics(), {"door": "Front door"}, lambda *said: self.seen.append(said))

    def take(self, topic: str, payload: bytes | str) -> None:
        self.state.take(f"nightjar/{topic}", payload if isinstance(payload, bytes) else payload.encode())


def test_a_camera_is_what_its_retained_topics_say() -> None:
    scene = Scene()
    scene.take("camera/door/status", "online")
    scene.take("camera/door/motion", "ON")
    scene.take("camera/door/health/detail", HealthDetail(problem="too dark", since=NOW).payload())
    scene.take("camera/door/stats/capture", STATS.payload())
    (camera,) = scene.state.snapshot()["cameras"]
    stats = camera.pop("stats")
    assert camera == {
        "camera": "door",
        "label": "Front door",
        "status": "online",
        "motion": True,
        "problem": "too dark",
        "since": "2026-11-20T08:30:12.123457Z",
        "zones": {},
        "settings": {},
        "refused": {},
        "experiment": None,
    }
    assert stats["capture"]["fps"] == 15
    assert json.dumps(stats)


def test_whoever_shows_pictures_is_told_when_a_camera_comes_and_goes() -> None:
    scene = Scene()
    for status in ("online", "offline", "", "nonsense"):
        scene.take("camera/door/status", status)
    assert scene.seen == [("door", True), ("door", False), ("door", False), ("door", False)]


def test_a_camera_that_nobody_configured_is_left_out() -> None:
    scene = Scene()
    scene.take("camera/intruder/status", "online")
    scene.take(
        "camera/intruder/event",
        f'{{"event_type": "motion_start", "camera": "intruder", "time": "{NOW.isoformat()}", '
        '"event": "20261120T083012Z-3f9c"}',
    )
    snapshot = scene.state.snapshot()
    assert [camera["camera"] for camera in snapshot["cameras"]] == ["door"]
    assert snapshot["events"] == []


def test_settings_are_what_their_services_say_and_refusals_last_until_the_next_try() -> None:
    scene = Scene()
    door = scene.state.cameras["door"]
    assert (door.running, door.enabled, door.interval_s) == ("", True, 0.0)
    scene.take("camera/door/experiment/state", "leaves")
    scene.take("camera/door/enabled/state", "OFF")
    scene.take("camera/door/interval/state", "2.5")
    assert (door.running, door.enabled, door.interval_s) == ("leaves", False, 2.5)
    scene.take("camera/door/experiment/error", "experiment takes leaves")
    scene.take("camera/door/interval/error", "interval takes 0")
    assert door.json()["refused"] == {
        "experiment": "experiment takes leaves",
        "interval": "interval takes 0",
    }
    scene.take("camera/door/interval/state", "0")
    scene.state.forget_refusal("door", "experiment")
    assert door.json()["refused"] == {}


def test_the_experiment_is_what_its_summary_says_and_nothing_where_none_ever_ran() -> None:
    scene = Scene()
    scene.take("camera/door/experiment/summary", summary(taken=7).payload())
    (camera,) = scene.state.snapshot()["cameras"]
    assert (camera["experiment"]["pictures"], camera["experiment"]["experiment"]["name"]) == (7, "leaves")
    scene.take("camera/door/experiment/summary", "")
    assert scene.state.snapshot()["cameras"][0]["experiment"] is None


def test_a_camera_that_was_switched_off_is_not_shown_as_lost() -> None:
    scene = Scene()
    scene.take("camera/door/status", "offline")
    assert scene.state.cameras["door"].shown == "offline"
    scene.take("camera/door/enabled/state", "OFF")
    assert scene.state.cameras["door"].shown == "off"


def test_a_service_is_online_while_one_of_its_instances_is() -> None:
    scene = Scene()
    info = ServiceInfo(service="capture", version="1.2", instance="1", cameras=["door"], paused=True)
    scene.take("service/capture/1/info", info.payload())
    scene.take("service/capture/1", "online")
    scene.take("service/capture/2", "offline")
    assert scene.state.online("capture")
    assert not scene.state.online("motion")
    scene.take("service/capture/1", "offline")
    assert not scene.state.online("capture")
    (first, _) = scene.state.snapshot()["services"]
    assert first == {
        "service": "capture",
        "instance": "1",
        "online": False,
        "version": "1.2",
        "paused": True,
    }


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("camera/door/stats/capture", b"{"),
        ("camera/door/stats/capture", b'{"fps": "many"}'),
        ("camera/door/health/detail", b"\xff\xfe"),
        ("camera/door/event", b"[]"),
        ("camera/door/experiment/summary", b"{}"),
        ("camera/door/interval/state", b"\xff"),
        ("camera/door/nonsense/state", b"1"),
        ("camera/door/nonsense/error", b"1"),
        ("camera/door/event", b'{"event_type": "earthquake"}'),
        ("service/capture/1/info", b"nonsense"),
        ("service", b"online"),
        ("camera", b""),
    ],
)
def test_what_cannot_be_understood_changes_nothing_and_is_said_once(
    topic: str, payload: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene()
    before = scene.state.snapshot()["cameras"]
    for _ in range(3):
        scene.take(topic, payload)
    assert scene.state.snapshot()["cameras"] == before
    assert len(caplog.messages) <= 1


def test_changes_go_to_all_who_listen() -> None:
    scene = Scene()
    with scene.state.feeds.listen() as feed:
        scene.take("camera/door/motion", "ON")
        (change,) = asyncio.run(feed.take())
    assert (change.name, change.data["motion"]) == ("camera", True)
