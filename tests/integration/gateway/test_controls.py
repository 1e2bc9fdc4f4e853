"""Experiments and settings from the dashboard, with a capture that the tests play."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.contract.experiments import summary_key
from services.runtime.mqtt import BrokerAddress
from tests.integration.gateway.conftest import Scene, eventually, make_settings, staged
from tests.integration.gateway.http import BASIC, HTML, Answer, Browser, LongAnswer
from tests.unit.gateway.experiments import summary

API = "/api/cameras/door"
CONFIGURED = [{"name": "leaves", "interval_s": 10}, {"name": "night", "interval_s": 60}]


@pytest.fixture
def scene(tmp_path: Path, address: BrokerAddress) -> Iterator[Scene]:
    cameras = {"door": {"url": "demo:", "capture": {"experiments": CONFIGURED}}, "yard": {"url": "demo:"}}
    with staged(make_settings(tmp_path, cameras=cameras), address) as scene:
        yield scene


def ask(browser: Browser, path: str, body: Any) -> Answer:
    headers = {"Content-Type": "application/json", "X-CSRF-Token": browser.csrf()}
    return browser._ask("POST", API + path, headers, json.dumps(body).encode())


def test_an_experiment_is_started_and_stopped_over_mqtt(scene: Scene) -> None:
    heard = scene.listen(scene.topics.setting_set("door", "experiment"))
    browser = scene.logged_in()
    by_name = ask(browser, "/experiment", {"name": "leaves"})
    assert (by_name.status, by_name.json()) == (202, {"camera": "door", "experiment": "leaves"})
    assert ask(browser, "/experiment", {"name": "fern", "interval_s": 0.5}).json()["experiment"] == "fern"
    assert ask(browser, "/experiment/stop", {}).json() == {"camera": "door", "experiment": ""}
    eventually(lambda: len(heard) == 3, "capture has heard of each")
    assert (heard[0], json.loads(heard[1]), heard[2]) == (
        b"leaves",
        {"name": "fern", "interval_s": 0.5},
        b"",
    )


def test_the_form_does_what_the_api_does_and_leads_back(scene: Scene) -> None:
    heard = scene.listen(scene.topics.setting_set("door", "experiment"))
    browser = scene.logged_in()
    form = {"csrf": browser.csrf(), "name": "fern", "every": "2", "unit": "60", "pictures": "5", "until": ""}
    answer = browser.post(f"{API}/experiment", form, HTML)
    assert (answer.status, answer.headers["Location"]) == (303, "/cameras/door#pictures")
    eventually(lambda: heard, "capture has heard of it")
    assert json.loads(heard[0]) == {"name": "fern", "interval_s": 120.0, "pictures": 5}


def test_settings_are_changed_one_by_one(scene: Scene) -> None:
    browser = scene.logged_in()
    said: dict[str, list[bytes]] = {}
    for setting, value in {"enabled": False, "interval": 5, "sensitivity": 70, "threshold": None}.items():
        said[setting] = scene.listen(scene.topics.setting_set("door", setting))
        answer = ask(browser, f"/{setting}", {"value": value})
        assert (answer.status, answer.json()["setting"]) == (202, setting)
    expected = {"enabled": [b"OFF"], "interval": [b"5"], "sensitivity": [b"70"], "threshold": [b""]}
    eventually(lambda: said == expected, "each service has heard of its own")
    form = {"csrf": browser.csrf(), "every": "2", "unit": "60"}
    assert browser.post(f"{API}/interval", form).json()["value"] == "120.0"


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("/experiment", {"name": "fern"}, "no experiment 'fern' is configured: there are leaves, night; "),
        ("/experiment", {"name": "fern", "interval_s": 0}, "the interval is from 0.1 s to 30 days"),
        ("/experiment", [1], "the body is no JSON object"),
        ("/interval", {"value": 0.01}, "interval takes 0, or a number from 0.1 to 2592000, not '0.01'"),
        ("/interval", {}, "interval takes one value"),
        ("/enabled", {"value": "maybe"}, "enabled takes ON or OFF, not 'maybe'"),
    ],
)
def test_what_cannot_be_is_refused_at_once_in_words(scene: Scene, path: str, body: Any, detail: str) -> None:
    heard = scene.listen(scene.topics.setting_set("door", path[1:]))
    answer = ask(scene.logged_in(), path, body)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert (answer.status, answer.json()["detail"][: len(detail)]) == (422, detail)
    assert heard == []


@pytest.mark.parametrize("path", ["/api/cameras/door/interval", "/api/tokens"])
def test_json_that_is_deeper_than_anybody_reads_is_none(scene: Scene, path: str) -> None:
    browser = scene.logged_in()
    headers = {"Content-Type": "application/json", "X-CSRF-Token": browser.csrf()}
    answer = browser._ask("POST", path, headers, b"[" * 60_000)
    assert (answer.status, answer.json()["status"]) == (422, 422)


def test_changes_need_the_pages_token_and_a_setting_that_there_is(scene: Scene) -> None:
    browser = scene.logged_in()
    for path in ("/experiment", "/experiment/stop", "/enabled"):
        assert browser.post(API + path, {"value": "OFF", "name": "leaves"}).status == 403
        assert scene.browser().post(API + path, {"value": "OFF"}, BASIC).status == 401
    assert ask(browser, "/nonsense", {"value": 1}).status == 404


def test_without_the_broker_nothing_is_changed_later(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = scene.logged_in()
    monkeypatch.setattr(scene.service._control, "_connection", None)
    answer = ask(browser, "/enabled", {"value": "OFF"})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert ask(browser, "/trigger", {}).status == 503
    assert len(scene.service._control.outbox) == 0


def test_what_its_service_refuses_is_said_until_the_next_try(scene: Scene) -> None:
    browser = scene.logged_in()
    scene.link.send(scene.topics.setting_error("door", "experiment"), b"experiment takes <leaves>")
    eventually(
        lambda: "experiment takes &lt;leaves&gt;" in browser.get("/cameras/door", HTML).text, "it is said"
    )
    assert browser.get(API).json()["refused"] == {"experiment": "experiment takes <leaves>"}
    ask(browser, "/experiment", {"name": "leaves"})
    assert browser.get(API).json()["refused"] == {}


# -- the page --------------------------------------------------------------------------------------------


def test_a_newcomer_is_told_what_an_experiment_is(scene: Scene) -> None:
    page = scene.logged_in().get("/cameras/yard", HTML).text
    assert "An experiment takes a picture every so often" in page
    assert "docs/guide/experiments.md" in page
    assert 'data-running="no"' in page
    assert "leaves, every 10 s" in scene.logged_in().get("/cameras/door", HTML).text


def test_the_page_shows_how_the_experiment_stands(scene: Scene) -> None:
    scene.hold("experiment/state", "leaves")
    browser = scene.logged_in()
    eventually(
        lambda: "It has just begun." in browser.get("/cameras/door/experiment", HTML).text, "it begins"
    )
    scene.hold("experiment/summary", summary(missed=2, taken=1234, prefix="a/b").payload().decode())
    eventually(lambda: "<dd>1,234</dd>" in browser.get("/cameras/door/experiment", HTML).text, "it goes on")
    page = browser.get("/cameras/door", HTML).text
    assert 'data-running="yes"' in page
    assert "<code>a/b/door/</code>" in page
    assert '<dd class="bad">2</dd>' in page
    assert "until it is stopped" in page
    scene.hold("experiment/state", "")
    eventually(lambda: "Ended" in browser.get("/cameras/door/experiment", HTML).text, "it has ended")


def test_a_page_that_is_open_hears_how_the_experiment_goes_on(scene: Scene) -> None:
    with LongAnswer(scene.port, "/api/events") as answer:
        changes = answer.changes()
        next(changes)
        scene.hold("experiment/summary", summary(taken=7).payload().decode())
        camera = next(data for name, data in changes if name == "camera" and data["experiment"])
    assert (camera["experiment"]["pictures"], camera["experiment"]["intervals"]["worst_s"]) == (7, 9.987)


def test_earlier_experiments_come_from_the_archive(scene: Scene, tmp_path: Path) -> None:
    browser = scene.logged_in()
    assert "None yet." in browser.get("/cameras/door/experiments", HTML).text
    run = summary(ended=True)
    scene.store.put(summary_key(run), run.payload(), "application/json")
    page = browser.get("/cameras/door/experiments", HTML).text
    assert "experiments/<wbr>leaves/<wbr>door/" in page
    (found,) = scene.browser().get(f"{API}/experiments", BASIC).json()["experiments"]
    assert (found["pictures"], found["missed"], found["experiment"]["name"]) == (61, 0, "leaves")
    (tmp_path / "archive").rename(tmp_path / "elsewhere")
    assert "The archive cannot be read." in browser.get("/cameras/door/experiments", HTML).text
    assert scene.browser().get(f"{API}/experiments", BASIC).status == 503


def test_no_page_needs_a_script_or_style_of_its_own(scene: Scene) -> None:
    browser = scene.logged_in()
    for path in ("/cameras/door", "/cameras/door/experiment", "/cameras/door/experiments"):
        page = browser.get(path, HTML).text
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page
