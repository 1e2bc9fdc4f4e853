"""What people and scripts see: live state, the archive, and what is said where something is wrong."""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.contract.events import EventMessage, EventType
from services.contract.status import HealthDetail
from services.gateway import service
from services.gateway.service import GatewayService
from services.runtime.errors import UserError
from services.runtime.mqtt import BrokerAddress
from tests.integration.gateway.conftest import Scene, eventually, make_settings, running, staged
from tests.integration.gateway.http import BASIC, HTML, LongAnswer
from tests.runners import free_port
from tests.unit.archives import keep_event

NOW = datetime.now(UTC).replace(microsecond=0)
EVENT = "20261120T083012Z-3f9c"


def say(scene: Scene, kind: EventType, event: str = EVENT, **more: Any) -> None:
    values = {"event_type": kind, "camera": "door", "time": NOW, "event": event, **more}
    message = EventMessage.model_validate(values)
    scene.link.send(scene.topics.camera("door", "event"), message.payload())


# -- live ------------------------------------------------------------------------------------------------


def test_a_page_that_is_open_hears_of_everything_as_it_happens(scene: Scene) -> None:
    with LongAnswer(scene.port, "/api/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        changes = answer.changes()
        name, state = next(changes)
        assert (name, [camera["camera"] for camera in state["cameras"]]) == ("state", ["door"])
        scene.hold("motion", "ON")
        assert _next(changes, "camera")["motion"] is True
        say(scene, EventType.MOTION_START, reason="motion")
        event = _next(changes, "event")
        assert (event["event"], event["stage"], event["reason"]) == (EVENT, "open", "motion")
        say(scene, EventType.ARCHIVED)
        assert _next(changes, "event")["stage"] == "archived"


def _next(changes: Iterator[tuple[str, Any]], wanted: str) -> Any:
    return next(data for name, data in changes if name == wanted)


def test_who_comes_late_hears_everything_first(scene: Scene) -> None:
    scene.hold("status", "online")
    say(scene, EventType.MOTION_START)
    eventually(lambda: "happening now" in scene.logged_in().get("/", HTML).text, "the event is on the page")
    with LongAnswer(scene.port, "/api/events") as answer:
        _, state = next(answer.changes())
    assert [event["event"] for event in state["events"]] == [EVENT]
    assert state["cameras"][0]["status"] == "online"


def test_malformed_messages_harm_nothing(scene: Scene) -> None:
    for leaf in ("event", "health/detail", "stats/capture", "stats/motion", "status", "motion"):
        for payload in (b"", b"{", b"\xff\xfe\x00", b"[1, 2]", json.dumps({"a": "b" * 9000}).encode()):
            scene.link.send(scene.topics.camera("door", leaf), payload)
    scene.link.send(scene.topics.camera("door", "status"), b"online")
    eventually(
        lambda: scene.browser().get("/api/cameras/door", BASIC).json()["status"] == "online", "it goes on"
    )
    assert scene.service.problems() == []


def test_the_cameras_are_described_and_their_logins_are_not(scene: Scene) -> None:
    (camera,) = scene.browser().get("/api/cameras", BASIC).json()["cameras"]
    assert camera["stream"] == "/cameras/door/stream.mjpeg"
    assert camera["source"] == "http://***@camera/video"
    browser = scene.logged_in()
    for path in ("/", "/cameras/door", "/health"):
        assert "hidden@" not in browser.get(path, HTML).text


def test_labels_are_text_and_never_markup(scene: Scene) -> None:
    page = scene.logged_in().get("/", HTML).text
    assert "Front &lt;door&gt;" in page
    assert "Front <door>" not in page


def test_the_trigger_button_publishes_a_trigger(scene: Scene) -> None:
    heard = scene.listen(scene.topics.camera("door", "trigger"))
    browser = scene.logged_in()
    token = browser.csrf()
    by_script = browser.post("/api/cameras/door/trigger", headers={"X-CSRF-Token": token})
    assert (by_script.status, by_script.json()) == (202, {"camera": "door", "triggered": True})
    by_form = browser.post("/api/cameras/door/trigger", {"csrf": token}, HTML)
    assert (by_form.status, by_form.headers["Location"]) == (303, "/cameras/door")
    eventually(lambda: heard == [b"", b""], "both are on MQTT")


# -- the archive -----------------------------------------------------------------------------------------


def test_a_newcomer_is_told_what_to_do(scene: Scene) -> None:
    browser = scene.logged_in()
    assert "Nothing has happened yet." in browser.get("/", HTML).text
    events = browser.get("/events", HTML).text
    assert "No events yet" in events
    assert "Record an event" in events


def test_who_has_no_camera_is_told_how_to_get_one(tmp_path: Path, address: BrokerAddress) -> None:
    with staged(make_settings(tmp_path, cameras={}), address) as scene:
        browser = scene.logged_in()
        first = browser.get("/", HTML).text
        for word in ("No cameras yet", "nightjar.yaml", "demo:", "push:", "nightjar probe"):
            assert word in first
        assert "Record an event" not in first
        assert 'href="/">how to get one' in browser.get("/events", HTML).text


def test_an_event_that_waits_for_the_archive_says_that_it_is_safe(scene: Scene) -> None:
    browser = scene.logged_in()
    event = f"{NOW:%Y%m%dT%H%M%S}Z-00ff"
    say(scene, EventType.SPOOLED, event, started=NOW, reason="motion")
    eventually(lambda: "waits for the archive" in browser.get("/events/latest", HTML).text, "it is listed")
    assert "safe on the archiver" in browser.get(f"/events/door/{event}", HTML).text


def test_the_gallery_shows_what_is_in_the_store(scene: Scene) -> None:
    today, before = keep_event(scene.store, NOW), keep_event(scene.store, NOW - timedelta(days=3), missing=2)
    browser = scene.logged_in()
    page = browser.get("/events", HTML).text
    assert re.findall(r'href="/events/door/([^"]+)"', page) == [today, before]
    assert "10 frames" in page
    assert "2 missing" in page
    thumbnails = re.findall(r'src="(/api/archive/[^"]+)"', page)
    assert [browser.get(path).headers["Content-Type"] for path in thumbnails] == ["image/jpeg"] * 2
    day = (NOW - timedelta(days=3)).astimezone().date()
    assert re.findall(r'href="/events/door/([^"]+)"', browser.get(f"/events?day={day}", HTML).text) == [
        before
    ]


def test_the_gallery_has_pages(scene: Scene) -> None:
    kept = [keep_event(scene.store, NOW - timedelta(hours=n), frames=1) for n in range(30)]
    browser = scene.logged_in()
    path, seen = "/events", []
    while path:
        page = browser.get(path, HTML).text
        seen += re.findall(r'href="/events/door/([^"]+)"', page)
        path = "".join(re.findall(r'class="button" href="([^"]+)" rel="next"', page))
    assert seen == kept


def test_an_event_can_be_opened_and_its_frames_are_those_in_the_store(scene: Scene) -> None:
    event = keep_event(scene.store, NOW)
    browser = scene.logged_in()
    page = browser.get(f"/events/door/{event}", HTML)
    assert page.status == 200
    manifest = browser.get(f"/api/archive/events/door/{event}").json()
    assert len(manifest["frames"]) == 10
    frame = browser.get(f"/api/archive/events/door/{event}/frames/3.jpg")
    assert frame.body == scene.store.get(manifest["frames"][3]["key"])
    assert "immutable" in frame.headers["Cache-Control"]
    beyond = browser.get(f"/api/archive/events/door/{event}/frames/10.jpg")
    assert (beyond.status, beyond.json()["detail"]) == (404, "the event has 10 frames, counted from 0")


def test_the_archive_can_be_listed_by_scripts(scene: Scene) -> None:
    kept = [keep_event(scene.store, NOW - timedelta(hours=n), frames=6) for n in range(5)]
    first = scene.browser().get("/api/archive/events?limit=3", BASIC).json()
    assert [event["event"] for event in first["events"]] == kept[:3]
    rest = scene.browser().get(f"/api/archive/events?before={first['older']}", BASIC).json()
    assert ([event["event"] for event in rest["events"]], rest["older"]) == (kept[3:], None)
    assert first["events"][0]["duration_s"] == 1.0
    wrong = scene.browser().get("/api/archive/events?limit=0", BASIC)
    assert wrong.headers["Content-Type"].startswith("application/problem+json")
    assert wrong.json() == {
        "status": 400,
        "title": "Bad Request",
        "detail": "limit is a number from 1 to 200",
    }


def test_an_event_that_happens_now_has_a_page_that_waits_for_it(scene: Scene) -> None:
    say(scene, EventType.MOTION_START, reason="motion")
    browser = scene.logged_in()
    path = f"/events/door/{EVENT}"
    eventually(lambda: "This is happening now" in browser.get(path, HTML).text, "it goes on")
    say(scene, EventType.MOTION_END, started=NOW, ended=NOW + timedelta(seconds=4))
    eventually(lambda: "Its frames are being stored" in browser.get(path, HTML).text, "it has ended")


def test_an_event_that_nobody_knows_is_not_found(scene: Scene) -> None:
    browser = scene.logged_in()
    page = browser.get(f"/events/door/{EVENT}", HTML)
    assert (page.status, "There is no such event in the archive." in page.text) == (404, True)
    assert browser.get(f"/api/archive/events/door/{EVENT}").status == 404


def test_an_archive_that_is_away_is_said_and_comes_back(scene: Scene, tmp_path: Path) -> None:
    event = keep_event(scene.store, NOW)
    shutil.move(tmp_path / "archive", tmp_path / "elsewhere")
    browser = scene.logged_in()
    page = browser.get("/events", HTML)
    assert page.status == 200
    assert f"The archive&#39;s folder {tmp_path}/archive is away" in page.text
    answer = scene.browser().get("/api/archive/events", BASIC)
    assert (answer.status, answer.json()["detail"]) == (
        503,
        f"the archive's folder {tmp_path}/archive is away",
    )
    first = browser.get("/", HTML).text
    assert first.count("is away") <= 1  # what is wrong is said once there, in full
    assert "The archive cannot be read." in first
    shutil.move(tmp_path / "elsewhere", tmp_path / "archive")
    assert event in browser.get("/events", HTML).text


# -- health ----------------------------------------------------------------------------------------------


def test_the_health_page_says_in_words_what_is_wrong(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SETTLE_S", 0.0)
    scene.hold("status", "offline")
    scene.hold("health/detail", HealthDetail(problem="the camera refuses the login").payload().decode())
    browser = scene.logged_in()
    eventually(
        lambda: "Front &lt;door&gt;: The camera refuses the login." in browser.get("/health", HTML).text,
        "the camera's problem is on the page",
    )
    assert "Capture is not running: no camera delivers pictures." in browser.get("/health", HTML).text
    troubles = scene.browser().get("/api/health", BASIC).json()["troubles"]
    assert [trouble["camera"] for trouble in troubles] == [None, None, None, "door"]


def test_without_a_broker_the_pages_work_and_say_so(tmp_path: Path) -> None:
    store = make_settings(tmp_path)
    (tmp_path / "archive").mkdir()
    nowhere = BrokerAddress("127.0.0.1", free_port())
    gateway = GatewayService(store, nowhere)
    with running(gateway.run):
        eventually(lambda: gateway.port and "cannot be reached" in str(gateway.problems()), "it has tried")
        scene = Scene(gateway, store, None, None, None)  # type: ignore[arg-type]  # there is no broker
        browser = scene.logged_in()
        sentence = f"The broker {nowhere} cannot be reached: connection refused."
        eventually(lambda: sentence in browser.get("/health", HTML).text, "the page says so")
        assert browser.get("/", HTML).status == 200
        assert gateway.problems()[0].startswith(f"the broker {nowhere} cannot be reached")


# -- living ----------------------------------------------------------------------------------------------


def test_the_gateway_says_that_it_is_there_and_that_it_goes(tmp_path: Path, address: BrokerAddress) -> None:
    with staged(make_settings(tmp_path), address) as scene:
        topic = scene.topics.service("gateway", "1")
        assert scene.service.problems() == []
        eventually(lambda: scene.listen(topic), "it is there")
    with staged(make_settings(tmp_path, mqtt={"prefix": f"{scene.topics.prefix}x"}), address) as other:
        heard: list[bytes] = []
        other.link.subscribe(topic, lambda delivery: heard.append(delivery.payload))
        eventually(lambda: heard == [b"offline"], "it has gone")


def test_a_port_that_is_taken_is_the_users_to_mend(
    scene: Scene, tmp_path: Path, address: BrokerAddress
) -> None:
    settings = make_settings(tmp_path, gateway={"listen": f"127.0.0.1:{scene.port}"})
    with pytest.raises(UserError) as caught:
        GatewayService(settings, address).run(threading.Event())
    assert str(caught.value) == (
        f"cannot listen on 127.0.0.1:{scene.port} for the dashboard (address already in use): "
        "set gateway.listen (NIGHTJAR_GATEWAY__LISTEN) to another address"
    )


def test_without_a_password_nobody_could_log_in_so_it_does_not_start(
    tmp_path: Path, address: BrokerAddress
) -> None:
    settings = make_settings(tmp_path, gateway={"password_hash": ""})
    with pytest.raises(UserError, match=r"^gateway\.password_hash is empty, "):
        GatewayService(settings, address).run(threading.Event())
