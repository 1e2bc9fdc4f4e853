"""Live pictures over a real broker: one subscription, the newest frame, and no viewer in another's way."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.contract.topics import PREVIEW
from services.gateway.pages.views import STATIC
from services.gateway.pictures import hub, snapshot, taking
from services.runtime.mqtt import BrokerAddress, Link
from tests.integration.gateway.conftest import Scene, eventually, make_frame, make_settings, staged
from tests.integration.gateway.http import BASIC, LongAnswer


def play(scene: Scene, numbers: range, fps: float, size: int = 1000) -> None:
    for number in numbers:
        scene.show(number, size=size)
        time.sleep(1 / fps)


def test_two_viewers_see_the_same_frames_as_the_camera_took_them(scene: Scene) -> None:
    want = scene.want()
    viewers = [scene.viewer(), scene.viewer("/cameras/door/stream.mjpeg")]
    scene.watched()
    for number in range(1000, 1010):
        jpeg = scene.show(number)
        eventually(lambda: all(viewer.shows(jpeg) for viewer in viewers), "both see it")  # noqa: B023 - at once
    part = viewers[0].seen[-1]
    assert abs(float(part.headers["X-Timestamp"]) - time.time()) < 5
    assert len(part.headers["X-Timestamp"].partition(".")[2]) == 6
    assert want == [b"OFF", b"ON"]


def test_a_stream_is_for_the_simplest_players_too(scene: Scene) -> None:
    with LongAnswer(scene.port, "/stream.jpg") as answer:
        assert answer.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=nightjar"
        assert answer.headers["Transfer-Encoding"] is None
        assert answer.headers["Connection"] == "close"
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_viewer_who_reads_nothing_delays_no_other_and_sees_the_newest_afterwards(scene: Scene) -> None:
    with LongAnswer(scene.port, "/stream.jpg", buffer=4096) as slow:
        quick = scene.viewer()
        scene.watched()
        play(scene, range(1000, 1100), fps=100, size=200_000)
        eventually(lambda: 1099 in quick.sequences, "the quick viewer sees the last frame")
        assert len([number for number in quick.sequences if number >= 1000]) > 80
        scene.show(2000)
        taken = []
        for part in slow.parts():
            taken.append(part.sequence)
            if part.sequence == 2000:
                break
    assert len([number for number in taken if number >= 1000]) < 20


def test_a_viewer_who_takes_nothing_for_long_is_given_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "DEAD_S", 0.3)
    with LongAnswer(scene.port, "/stream.jpg", buffer=4096) as dead:
        scene.watched()
        play(scene, range(1000, 1030), fps=50, size=200_000)
        eventually(lambda: scene.service.account()["door"].model_dump()["viewers"] == 0, "nobody watches")
        assert dead.ended()


def test_old_frames_are_not_live(scene: Scene) -> None:
    viewer = scene.viewer()
    scene.watched()
    scene.show(1000, age_s=10)
    eventually(lambda: scene.service.account()["door"].model_dump()["late"] == 1, "the old frame came")
    time.sleep(0.05)  # for what would be shown of it
    scene.show(1001)
    eventually(lambda: 1001 in viewer.sequences, "the new frame is seen")
    assert 1000 not in viewer.sequences


def test_what_is_no_frame_is_skipped_and_counted(scene: Scene) -> None:
    viewer = scene.viewer()
    scene.watched()
    topic = scene.topics.frames("door", "live")
    for payload in (b"", b"no jpeg", make_frame("door", 1000)[:-2]):
        scene.link.flash(topic, payload)
    scene.show(1001)
    eventually(lambda: 1001 in viewer.sequences, "the next frame is seen")
    assert 1000 not in viewer.sequences
    assert scene.service.account()["door"].model_dump()["broken"] == 3


def test_fps_limits_a_viewer_and_no_other(scene: Scene) -> None:
    limited, free = scene.viewer("/stream.jpg?fps=5"), scene.viewer()
    scene.watched()
    play(scene, range(1000, 1050), fps=50)
    eventually(lambda: 1049 in free.sequences, "the last frame is seen")
    assert 3 <= len([number for number in limited.sequences if number >= 1000]) <= 8
    assert len([number for number in free.sequences if number >= 1000]) > 40


def test_a_page_gets_the_last_picture_twice_since_browsers_show_a_part_when_the_next_begins(
    scene: Scene,
) -> None:
    page, player = scene.viewer("/stream.jpg?repeat=1"), scene.viewer()
    scene.watched()
    scene.show(1000)
    eventually(lambda: page.sequences[-2:] == [1000, 1000], "the page got it twice")
    scene.show(1001)
    eventually(lambda: page.sequences[-3:] == [1000, 1001, 1001], "and the next one")
    assert player.sequences[-2:] == [1000, 1001]


@pytest.mark.parametrize("fps", ["0", "-1", "nan", "inf", "many", ""])
def test_an_fps_that_cannot_be_says_which_can(scene: Scene, fps: str) -> None:
    answer = scene.browser().get(f"/stream.jpg?fps={fps}", BASIC)
    assert (answer.status, answer.text) == (400, "fps is a number from 0.01 to 1000, such as ?fps=2\n")


def test_nobody_watches_nobody_is_subscribed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "GRACE_S", 0.1)
    want = scene.want()
    with LongAnswer(scene.port, "/stream.jpg"):
        scene.watched()
    eventually(lambda: want == [b"OFF", b"ON", b"OFF"], "the gateway says that nobody watches")
    frames = scene.service.account()["door"].model_dump()["frames"]
    scene.show(1)
    time.sleep(0.2)
    assert scene.service.account()["door"].model_dump()["frames"] == frames


def test_a_viewer_who_left_is_noticed_though_nothing_is_sent(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "SILENCE_S", 1000.0)
    leaving = LongAnswer(scene.port, "/stream.jpg")
    eventually(lambda: scene.service.account()["door"].model_dump()["viewers"] == 1, "somebody watches")
    leaving.close()
    eventually(lambda: scene.service.account()["door"].model_dump()["viewers"] == 0, "nobody watches")


def test_an_offline_camera_shows_a_picture_that_says_so_and_recovers(scene: Scene) -> None:
    scene.hold("status", "offline")
    eventually(
        lambda: scene.browser().get("/api/cameras/door", BASIC).json()["status"] == "offline",
        "the gateway knows",
    )
    viewer = scene.viewer()
    eventually(lambda: viewer.seen, "a picture is there at once")
    assert viewer.sequences == [0]
    scene.hold("status", "online")
    scene.watched()
    eventually(lambda: viewer.sequences[-1] > 0, "the camera's own picture is back")
    scene.hold("status", "offline")
    eventually(lambda: viewer.sequences[-1] == 0, "the picture says that there is none")


def test_more_viewers_than_allowed_get_a_sentence(tmp_path: Path, address: BrokerAddress) -> None:
    settings = make_settings(tmp_path, gateway={"max_viewers": 1})
    with staged(settings, address) as scene, LongAnswer(scene.port, "/stream.jpg"):
        answer = scene.browser().get("/stream.jpg", BASIC)
        assert answer.status == 503
        assert answer.text == "1 viewers are watching, which is the most (gateway.max_viewers)\n"


def test_a_snapshot_is_the_newest_frame(scene: Scene) -> None:
    viewer = scene.viewer()
    scene.watched()
    jpeg = scene.show(1000)
    eventually(lambda: 1000 in viewer.sequences, "it is there")
    answer = scene.browser().get("/snapshot.jpg", BASIC)
    assert (answer.body, answer.headers["X-Sequence"]) == (jpeg, "1000")
    assert answer.headers["Content-Type"] == "image/jpeg"


def test_a_snapshot_of_a_camera_that_nobody_watches_waits_for_its_next_frame(scene: Scene) -> None:
    shown = threading.Thread(target=scene.watched)
    shown.start()
    answer = scene.browser().get("/cameras/door/snapshot.jpg", BASIC)
    shown.join()
    assert answer.status == 200
    assert int(answer.headers["X-Sequence"]) >= 1


def test_a_snapshot_is_at_least_the_preview(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "NEXT_S", 0.2)
    preview = make_frame("door", 77, age_s=100)
    scene.link.send(scene.topics.frames("door", PREVIEW), preview, retain=True)
    eventually(lambda: len(scene.link.outbox) == 0, "the preview is there")
    for path in ("/snapshot.jpg", "/cameras/door/preview.jpg"):
        assert scene.browser().get(path, BASIC).body == preview
    scene.link.send(scene.topics.frames("door", PREVIEW), b"", retain=True)
    eventually(lambda: len(scene.link.outbox) == 0, "the preview is gone")


@pytest.fixture
def sleeper(tmp_path: Path, address: BrokerAddress) -> Iterator[Scene]:
    """A gateway with a camera that runs on demand."""
    cameras = {"door": {"url": "demo:", "capture": {"on_demand": True}}}
    with staged(make_settings(tmp_path, cameras=cameras), address) as scene:
        yield scene


def test_a_camera_on_demand_is_wanted_and_shown_as_soon_as_it_wakes_up(
    sleeper: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "WAKING_SAID_S", 0.0)
    want = sleeper.want()
    viewer = sleeper.viewer()
    eventually(lambda: viewer.seen, "it is said that the camera wakes up")
    assert viewer.seen[0].jpeg == (STATIC / "waking.jpg").read_bytes()
    assert want == [b"OFF", b"ON"]
    sleeper.watched()
    eventually(lambda: viewer.sequences[-1] > 0, "the camera's own picture is there")


def test_a_snapshot_of_a_camera_on_demand_wakes_it_and_waits_for_its_first_frame(
    sleeper: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "WAKING_SAID_S", 0.0)
    sleeper.hold("status", "offline")  # it was lost while nobody wanted it
    want = sleeper.want()

    def wake() -> None:
        eventually(lambda: want[-1] == b"ON", "somebody wants it")
        time.sleep(1.2)  # the hub has said meanwhile that it wakes up
        sleeper.watched()

    waking = threading.Thread(target=wake)
    waking.start()
    answer = sleeper.browser().get("/snapshot.jpg", BASIC)
    waking.join()
    assert answer.status == 200
    assert int(answer.headers["X-Sequence"]) >= 1


def test_without_any_picture_a_snapshot_says_so(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "NEXT_S", 0.1)
    monkeypatch.setattr(snapshot, "RETAINED_S", 0.1)
    answer = scene.browser().get("/snapshot.jpg", BASIC)
    assert (answer.status, answer.text) == (503, "camera 'door' gives no picture at the moment\n")


def test_with_several_cameras_the_short_paths_say_what_to_ask_for(
    tmp_path: Path, address: BrokerAddress
) -> None:
    cameras = {name: {"url": "demo:"} for name in ("door", "yard")}
    with staged(make_settings(tmp_path, cameras=cameras), address) as scene:
        answer = scene.browser().get("/stream.jpg", BASIC)
        assert (answer.status, answer.text) == (
            404,
            "there are 2 cameras: ask for one as /cameras/<camera>/…\n",
        )


def test_nobody_is_said_to_watch_after_the_gateways_end(tmp_path: Path, address: BrokerAddress) -> None:
    heard: list[bytes] = []
    with staged(make_settings(tmp_path), address) as scene:
        watcher = Link(address, f"{scene.topics.prefix}-watcher")
        topic = scene.topics.want("door", "gateway-1")
        watcher.subscribe(topic, lambda delivery: heard.append(delivery.payload))
        stop = threading.Event()
        watching = threading.Thread(target=watcher.run, args=(stop,), daemon=True)
        watching.start()
        scene.viewer()
        eventually(lambda: heard[-1:] == [b"ON"], "somebody watches")
    eventually(lambda: heard[-1] == b"OFF", "nobody does")
    stop.set()
    watching.join()


def test_streams_end_when_the_gateway_stops(tmp_path: Path, address: BrokerAddress) -> None:
    with staged(make_settings(tmp_path), address) as scene:
        answers = [LongAnswer(scene.port, path) for path in ("/stream.jpg", "/api/events")]
        scene.watched()
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert all(answer.ended() for answer in answers)
    for answer in answers:
        answer.close()
