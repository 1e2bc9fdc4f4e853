"""Viewers and admins, tokens and their scopes, brute force, and what is on record."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from services.gateway.access.caller import Scope
from services.gateway.live import sse
from services.runtime.mqtt import BrokerAddress
from tests.integration.gateway.conftest import HASH, Scene, eventually, make_settings, staged
from tests.integration.gateway.http import BASIC, HTML, Answer, Browser, LongAnswer

CAMERAS = {"door": {"url": "push:"}}
USERS = {"users": {"anna": {"password_hash": HASH}, "bert": {"password_hash": HASH, "role": "admin"}}}


@pytest.fixture
def scene(tmp_path: Path, address: BrokerAddress) -> Iterator[Scene]:
    with staged(make_settings(tmp_path, cameras=CAMERAS, gateway=USERS), address) as scene:
        yield scene


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def make_token(scene: Scene, scope: Scope, days: float | None = None) -> dict[str, str]:
    """As the command line does, beside the gateway that runs."""
    return bearer(scene.service._entrance.tokens.add(f"a-{scope}", scope, days))


def send(scene: Scene, headers: dict[str, str]) -> int:
    jpeg = scene.show(1)
    browser = scene.browser()
    return browser._ask(
        "POST", "/api/cameras/door/frames", {"Content-Type": "image/jpeg", **headers}, jpeg
    ).status


def post_json(browser: Browser, path: str, body: Any, headers: Mapping[str, str] = {}) -> Answer:
    given = {"Content-Type": "application/json", **headers}
    return browser._ask("POST", path, given, json.dumps(body).encode())


# -- roles -----------------------------------------------------------------------------------------------


def test_a_viewer_looks_and_changes_nothing(scene: Scene) -> None:
    heard = scene.listen(scene.topics.camera("door", "trigger"))
    browser = scene.browser()
    assert browser.log_in(user="anna").status == 303
    for path in ("/", "/cameras/door", "/events", "/health", "/api/cameras"):
        assert browser.get(path, HTML).status == 200
    token = {"X-CSRF-Token": browser.csrf()}
    for path in ("trigger", "enabled", "experiment", "experiment/stop"):
        answer = browser.post(f"/api/cameras/door/{path}", {"value": "OFF"}, token)
        assert answer.status == 403
        assert answer.json()["detail"] == "'anna' may view here, but this needs the scope admin"
    for path in ("/api/tokens", "/api/audit"):
        assert browser.get(path).status == 403
    assert heard == []
    assert browser.post("/logout", {"csrf": token["X-CSRF-Token"]}).status == 303


def test_an_admin_of_the_configuration_changes_things(scene: Scene) -> None:
    heard = scene.listen(scene.topics.camera("door", "trigger"))
    browser = scene.browser()
    browser.log_in(user="bert")
    answer = browser.post("/api/cameras/door/trigger", headers={"X-CSRF-Token": browser.csrf()})
    assert answer.status == 202
    eventually(lambda: heard, "it is on MQTT")


def test_a_viewer_sends_no_pictures(scene: Scene) -> None:
    viewer = {"Authorization": "Basic YW5uYTpzZWNyZXQ="}  # anna:secret
    assert scene.browser().get("/api/me", viewer).json() == {"name": "anna", "scope": "view"}
    assert (send(scene, viewer), send(scene, BASIC)) == (403, 202)


# -- tokens ----------------------------------------------------------------------------------------------


def test_each_token_opens_its_scope_and_no_more(scene: Scene) -> None:
    opened = {}
    for scope in Scope:
        token = make_token(scene, scope)
        looks = scene.browser().get("/api/cameras", token).status
        triggers = scene.browser().post("/api/cameras/door/trigger", headers=token).status
        manages = scene.browser().get("/api/tokens", token).status
        opened[scope] = (looks, send(scene, token), triggers, manages)
    assert opened == {
        Scope.VIEW: (200, 403, 403, 403),
        Scope.INGEST: (403, 202, 403, 403),
        Scope.ADMIN: (200, 202, 202, 200),
    }


def test_a_token_opens_live_pictures(scene: Scene) -> None:
    with LongAnswer(scene.port, "/cameras/door/stream.mjpeg", make_token(scene, Scope.VIEW)) as stream:
        assert stream.status == 200
    with LongAnswer(scene.port, "/stream.jpg", make_token(scene, Scope.INGEST)) as stream:
        assert stream.status == 403


def test_a_token_that_is_not_known_is_refused_in_words(scene: Scene) -> None:
    for token in ("nj_guessed", "", "ä"):
        answer = scene.browser().get("/api/cameras", bearer(token.encode().decode("latin-1")))
        assert (answer.status, answer.headers["WWW-Authenticate"][:6]) == (401, "Bearer")
        assert answer.json()["detail"].startswith("this token is not known here, or it has ended")


def test_tokens_are_made_listed_and_revoked_over_http(scene: Scene) -> None:
    browser = scene.logged_in()
    csrf = {"X-CSRF-Token": browser.csrf()}
    made = post_json(browser, "/api/tokens", {"name": "porch", "scope": "ingest", "days": 30}, csrf)
    assert (made.status, set(made.json())) == (201, {"name", "scope", "token"})
    (listed,) = browser.get("/api/tokens").json()["tokens"]
    assert (listed["name"], listed["scope"], made.json()["token"] in str(listed)) == (
        "porch",
        "ingest",
        False,
    )
    token = bearer(made.json()["token"])
    assert send(scene, token) == 202
    assert browser.get("/api/tokens/porch", csrf, method="DELETE").status == 204
    assert send(scene, token) == 401
    assert browser.get("/api/tokens/porch", csrf, method="DELETE").status == 404
    again = post_json(browser, "/api/tokens", {"name": "a b", "scope": "ingest"}, csrf)
    assert again.status == 422


def test_the_command_makes_a_token_that_is_in_force_at_once(scene: Scene, tmp_path: Path) -> None:
    config = tmp_path / "nightjar.yaml"
    config.write_text("cameras: {door: {url: 'push:'}}\n")
    environ = {**os.environ, "NIGHTJAR_STATE_DIR": str(scene.settings.state_dir)}

    def nightjar(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "services", "--config", str(config), *words]
        return subprocess.run(command, capture_output=True, text=True, env=environ, check=False)

    made = nightjar("token", "add", "esp32", "--scope", "ingest")
    assert (made.returncode, made.stdout.count("\n")) == (0, 1)
    token = bearer(made.stdout.strip())
    assert send(scene, token) == 202
    assert nightjar("token", "add", "esp32", "--scope", "view").returncode == 2
    assert json.loads(nightjar("token", "list", "--json").stdout)["tokens"][0]["name"] == "esp32"
    assert nightjar("token", "revoke", "esp32").returncode == 0
    assert send(scene, token) == 401


def test_the_command_prints_a_user_for_the_configuration(tmp_path: Path, address: BrokerAddress) -> None:
    command = [sys.executable, "-m", "services", "user", "add", "carl", "--role", "admin"]
    made = subprocess.run(command, input="long enough\n", capture_output=True, text=True, check=True)
    config = tmp_path / "nightjar.yaml"
    config.write_text(f"cameras: {{door: {{url: 'push:'}}}}\n{made.stdout}")
    checked = subprocess.run(
        [sys.executable, "-m", "services", "check", "--config", str(config)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "password_hash: '********'" in checked.stdout
    user = made.stdout.split("password_hash: ")[1].strip().strip("'")
    gateway = {"users": {"carl": {"password_hash": user, "role": "admin"}}}
    with staged(make_settings(tmp_path, gateway=gateway), address) as scene:
        assert scene.browser().log_in(user="carl", password="long enough").status == 303


def test_what_an_admins_token_changes_needs_no_page(scene: Scene) -> None:
    heard = scene.listen(scene.topics.setting_set("door", "enabled"))
    token = make_token(scene, Scope.ADMIN)
    other_site = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    answer = post_json(
        scene.browser(), "/api/cameras/door/enabled", {"value": False}, {**token, **other_site}
    )
    assert answer.status == 202
    eventually(lambda: heard == [b"OFF"], "it is on MQTT")


# -- brute force -----------------------------------------------------------------------------------------


def test_guessing_from_one_place_never_locks_out_another(scene: Scene) -> None:
    scene.service._entrance.passwords._throttle._tries.clear()
    answers = [scene.browser().log_in(f"guess {n}").status for n in range(12)]
    assert answers[:4] == [401, 401, 401, 429]
    assert set(answers[4:]) == {429}
    assert scene.browser().log_in("secret").status == 429  # not even with the right one, from there
    assert scene.browser().log_in("secret", user="bert").status == 303
    throttle = scene.service._entrance.passwords._throttle
    assert throttle.admit("203.0.113.7", "admin") == 0.0


# -- on record -------------------------------------------------------------------------------------------


def test_logins_failures_and_changes_are_on_record_and_no_secret_is(scene: Scene) -> None:
    scene.browser().log_in("a-wrong-password", user="mallory")
    browser = scene.logged_in()
    csrf = {"X-CSRF-Token": browser.csrf()}
    post_json(browser, "/api/cameras/door/sensitivity", {"value": 70}, csrf)
    post_json(browser, "/api/cameras/door/sensitivity", {"value": "nonsense"}, csrf)
    made = post_json(browser, "/api/tokens", {"name": "porch", "scope": "ingest"}, csrf).json()["token"]
    record = browser.get("/api/audit")
    assert [(entry["who"], entry["what"]) for entry in record.json()["entries"]] == [
        ("admin", "POST /api/tokens: porch, ingest"),
        ("admin", "POST /api/cameras/door/sensitivity: 70"),
        ("admin", "logged in"),
        ("mallory", "failed to log in"),
    ]
    assert {entry["address"] for entry in record.json()["entries"]} == {"127.0.0.1"}
    file = (scene.settings.state_dir / "gateway" / "audit.jsonl").read_text()
    assert not any(secret in file for secret in (made, "a-wrong-password", "secret"))


# -- people come and go ----------------------------------------------------------------------------------


def test_users_change_without_a_restart_and_who_is_gone_sees_no_more(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "BEAT_S", 0.2)
    page, stays = scene.browser(), scene.browser()
    page.log_in(user="anna")
    stays.log_in(user="bert")
    basic = {"Authorization": "Basic YW5uYTpzZWNyZXQ="}  # anna:secret
    paths = ("/stream.jpg", "/api/events", "/api/cameras/door/scores")
    with ExitStack() as all_of_them:
        opened = [
            all_of_them.enter_context(LongAnswer(scene.port, path, login))
            for path in paths
            for login in (page.headers, basic)
        ]
        assert {answer.status for answer in opened} == {200}
        changed = {"users": {"bert": USERS["users"]["bert"], "clara": {"password_hash": HASH}}}
        scene.service.reconfigure(make_settings(scene.settings.state_dir, cameras=CAMERAS, gateway=changed))
        assert all(answer.ended() for answer in opened)
    assert page.get("/", HTML).status == 303
    assert scene.browser().get("/api/me", basic).status == 401
    assert stays.get("/api/me").json() == {"name": "bert", "scope": "admin"}
    assert scene.browser().log_in(user="clara").status == 303


def test_another_password_logs_out_and_another_role_counts_at_once(scene: Scene) -> None:
    anna, bert = scene.browser(), scene.browser()
    anna.log_in(user="anna")
    bert.log_in(user="bert")
    other = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("another")
    changed = {"users": {"anna": {"password_hash": other}, "bert": {"password_hash": HASH}}}
    scene.service.reconfigure(make_settings(scene.settings.state_dir, cameras=CAMERAS, gateway=changed))
    eventually(lambda: anna.get("/api/me").status == 401, "anna is logged out")
    assert bert.get("/api/me").json() == {"name": "bert", "scope": "view"}
    assert scene.browser().log_in("secret", user="anna").status == 401
    assert scene.browser().log_in("another", user="anna").status == 303


# -- the end of a login ----------------------------------------------------------------------------------


def test_what_a_page_listens_to_ends_with_its_login(tmp_path: Path, address: BrokerAddress) -> None:
    hours = {"session_hours": 1.5 / 3600}
    with staged(make_settings(tmp_path, gateway=hours), address) as scene:
        browser = scene.logged_in()
        with LongAnswer(scene.port, "/api/events", browser.headers) as answer:
            assert answer.ended()
        assert browser.get("/", HTML).status == 303
