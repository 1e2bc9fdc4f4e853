"""Nothing but the login and static files answers without authentication."""

import re
import time
from pathlib import Path

import pytest
from aiohttp import web

from services.gateway.access.accounts import Accounts
from services.gateway.access.sessions import COOKIE, Sessions
from services.gateway.access.shared_file import SharedFile
from services.gateway.archive.library import open_library
from tests.integration.gateway.conftest import Scene
from tests.integration.gateway.http import BASIC, HTML, LongAnswer

PICTURES = ["/cameras/door/stream.mjpeg", "/cameras/door/snapshot.jpg", "/stream.jpg", "/snapshot.jpg"]
API = ["/api/cameras", "/api/events", "/api/health", "/api/archive/events"]
PAGES = ["/", "/cameras/door", "/events", "/events/latest", "/health", "/no-such-page"]
CHALLENGE = 'Basic realm="Nightjar", charset="UTF-8"'


def all_routes(scene: Scene) -> list[tuple[str, str]]:
    """Each method and path that the gateway answers, with names filled in."""
    library = open_library(scene.settings.archive)
    app = scene.service._app(library)
    library.close()
    names = {
        "name": "a-token",
        "camera": "door",
        "event": "20261120T083012Z-3f9c",
        "index": "0",
        "setting": "enabled",
    }
    found = []
    for route in app.router.routes():
        assert route.resource is not None
        if not isinstance(route.resource, web.StaticResource):
            path = re.sub(r"\{(\w+)\}", lambda match: names[match[1]], route.resource.canonical)
            found.append((route.method, path))
    return found


def test_no_route_answers_a_stranger(scene: Scene) -> None:
    routes = [route for route in all_routes(scene) if route[1] != "/login"]
    assert len(routes) > 15
    answered = [
        (method, path)
        for method, path in routes
        if scene.browser().get(path, method=method).status not in (401, 403)
    ]
    assert answered == []


@pytest.mark.parametrize("path", [*PICTURES, *API])
def test_a_player_or_script_is_asked_for_basic(scene: Scene, path: str) -> None:
    answer = scene.browser().get(path)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    assert scene.browser().get(path, HTML).status == 401


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_is_led_to_the_login_and_back(scene: Scene, path: str) -> None:
    answer = scene.browser().get(path, HTML)
    onward = "" if path == "/" else f"?next={path}"
    assert (answer.status, answer.headers["Location"]) == (303, f"/login{onward}")


def test_our_own_page_never_brings_up_the_browsers_password_box(scene: Scene) -> None:
    for headers in (
        {"Sec-Fetch-Site": "same-origin"},
        {"Referer": f"http://127.0.0.1:{scene.port}/cameras/door"},
    ):
        answer = scene.browser().get("/cameras/door/preview.jpg", headers)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, None)


def test_the_login_page_and_static_files_are_for_everybody(scene: Scene) -> None:
    page = scene.browser().get("/login", HTML)
    assert page.status == 200
    styles = re.findall(r'href="(/static/[^"]+)"', page.text)
    assert [scene.browser().get(path).status for path in styles] == [200] * len(styles)
    assert "immutable" in scene.browser().get(styles[0]).headers["Cache-Control"]


def test_basic_opens_what_scripts_read(scene: Scene) -> None:
    scene.hold("status", "online")
    for path in ("/api/cameras", "/api/health", "/api/archive/events"):
        assert scene.browser().get(path, BASIC).status == 200
    with LongAnswer(scene.port, "/stream.jpg") as stream:
        assert stream.status == 200


def test_a_wrong_basic_login_opens_nothing_and_is_slowed_down(scene: Scene) -> None:
    wrong = {"Authorization": "Basic YWRtaW46d3Jvbmc="}
    answers = [scene.browser().get("/api/cameras", wrong) for _ in range(5)]
    assert [answer.status for answer in answers] == [401, 401, 401, 429, 429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert answers[-1].json()["detail"] == "too many failed logins, try again in 1 s"


def test_basic_changes_nothing(scene: Scene) -> None:
    assert scene.browser().post("/api/cameras/door/trigger", headers=BASIC).status == 401


def test_a_login_gives_a_cookie_that_scripts_of_pages_cannot_read(scene: Scene) -> None:
    browser = scene.browser()
    answer = browser.log_in(onward="/events")
    assert (answer.status, answer.headers["Location"]) == (303, "/events")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=604800" in cookie
    assert browser.get("/", HTML).status == 200


def test_a_wrong_password_gives_no_cookie_and_says_so(scene: Scene) -> None:
    answer = scene.browser().log_in("wrong")
    assert (answer.status, answer.headers["Set-Cookie"]) == (401, None)
    assert "That user and password do not match." in answer.text


def test_guessing_is_slowed_and_the_page_says_for_how_long(scene: Scene) -> None:
    answers = [scene.browser().log_in(f"guess {n}") for n in range(4)]
    assert [answer.status for answer in answers] == [401, 401, 401, 429]
    assert "Too many failed logins, try again in 1 s." in answers[-1].text


def test_a_login_never_leads_to_another_site(scene: Scene) -> None:
    assert scene.browser().log_in(onward="//elsewhere.example").headers["Location"] == "/"


def test_a_cookie_ends_with_its_time_and_a_forged_one_never_begins(scene: Scene, tmp_path: Path) -> None:
    accounts, ended = Accounts(scene.settings.gateway), SharedFile(tmp_path / "none.json")
    for key, now in (("key", time.time() - 200 * 3600), ("forged", time.time())):
        made = Sessions(key, accounts, 168, ended, lambda at=now: at)  # type: ignore[misc]  # a default binds it now
        browser = scene.browser()
        browser.headers["Cookie"] = f"{COOKIE}={made.write(made.begin('admin'))}"
        assert browser.get("/", HTML).status == 303


def test_a_logout_ends_the_session_also_for_a_copy_of_the_cookie(scene: Scene) -> None:
    browser = scene.logged_in()
    copy = scene.browser()
    copy.headers = dict(browser.headers)
    assert browser.post("/logout", {"csrf": browser.csrf()}).headers["Location"] == "/login"
    assert copy.get("/", HTML).status == 303


def test_a_login_begins_a_session_of_its_own_and_ends_the_one_that_the_browser_had(scene: Scene) -> None:
    browser, before = scene.logged_in(), scene.browser()
    before.headers.update(browser.headers)
    token = browser.csrf()
    browser.headers["Sec-Fetch-Site"] = "same-origin"
    assert browser.log_in().status == 303
    assert browser.headers["Cookie"] != before.headers["Cookie"]
    assert browser.csrf() not in ("", token)
    assert before.get("/api/cameras").status == 401


def test_a_form_without_its_token_is_refused(scene: Scene) -> None:
    heard = scene.listen(scene.topics.camera("door", "trigger"))
    browser = scene.logged_in()
    for form in ({}, {"csrf": "guessed"}):
        answer = browser.post("/api/cameras/door/trigger", form)
        assert answer.status == 403
        assert answer.json()["detail"] == "the form is too old: reload the page and try again"
    assert browser.post("/logout").status == 403
    assert heard == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_another_site_sends_is_refused(scene: Scene, headers: dict[str, str]) -> None:
    browser = scene.logged_in()
    token = browser.csrf()
    assert browser.post("/api/cameras/door/trigger", {"csrf": token}, headers).status == 403
    assert scene.browser().post("/login", {"user": "admin", "password": "secret"}, headers).status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/cameras/../../etc/passwd/snapshot.jpg",
        "/cameras/%2e%2e/snapshot.jpg",
        "/cameras/..%2f..%2fetc/snapshot.jpg",
        "/cameras/Door/snapshot.jpg",
        "/cameras/door%00/snapshot.jpg",
        f"/cameras/{'a' * 64}/snapshot.jpg",
        "/cameras/yard/stream.mjpeg",
        "/events/door/..%2f..%2fsecrets",
        "/events/door/20261320T000000Z-0000",
        "/api/archive/events/door/..",
        "/api/archive/events/../../x/20261120T083012Z-3f9c",
        "/api/archive/events/door/20261320T000000Z-0000",
        "/api/archive/events/door/20261120T083012Z-3f9c/frames/-1.jpg",
        "/static/../service.py",
        "/static/%2e%2e/service.py",
        "/static/..%2fservice.py",
        "/static//etc/passwd",
    ],
)
def test_no_name_leads_out_of_its_place(scene: Scene, path: str) -> None:
    answer = scene.logged_in().get(path)
    assert answer.status in (403, 404)
    assert b"import" not in answer.body


def test_every_answer_tells_the_browser_to_be_careful(scene: Scene) -> None:
    browser = scene.logged_in()
    scene.hold("status", "offline")
    paths = ["/", "/login", "/api/cameras", "/static/style.css", "/no-such-page", "/cameras/nobody"]
    headers = [browser.get(path).headers for path in paths]
    with LongAnswer(scene.port, "/stream.jpg") as stream:
        headers.append(stream.headers)
    for given in headers:
        assert "script-src 'self';" in given["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in given["Content-Security-Policy"]
        assert given["X-Content-Type-Options"] == "nosniff"
        assert given["X-Frame-Options"] == "DENY"
        assert given["Referrer-Policy"] == "same-origin"
        assert given["Server"] == "nightjar"


def test_pages_hold_to_their_own_policy() -> None:
    templates = Path(__file__).parents[3] / "services" / "gateway" / "templates"
    for template in templates.iterdir():
        text = template.read_text()
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=|javascript:|\|safe", text), (
            template.name
        )
