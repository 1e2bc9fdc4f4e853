"""The dashboard in a real browser, at the size of a phone and of a desk."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it brings no types
from playwright.sync_api import Browser, Page, WebSocketRoute, expect, sync_playwright

from services.contract.archive_keys import KeyLayout
from services.contract.events import EventMessage, EventType
from services.contract.frame import FrameId, stamp
from services.contract.topics import LIVE, PREVIEW
from services.runtime.mqtt import BrokerAddress
from tests.integration.gateway.conftest import HASH, Scene, eventually, make_settings, running, staged
from tests.unit.archives import keep_event

NOW = datetime.now(UTC).replace(microsecond=0)
EVENT = f"{NOW:%Y%m%dT%H%M%S}Z-00ab"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 860}}
USERS = {"users": {"anna": {"password_hash": HASH}}}
#: Mean brightness of the picture that an <img> shows now; its bytes are ours, so a canvas may look at them.
BRIGHTNESS = """(selector) => {
  const image = document.querySelector(selector);
  if (!image?.naturalWidth) return -1;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 8;
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, 8, 8);
  return pen.getImageData(0, 0, 8, 8).data[0];
}"""


@dataclass
class Camera:
    """It takes pictures that get lighter and darker."""

    scene: Scene
    sequence: int = 0

    def play(self, stop: threading.Event) -> None:
        topics, link = self.scene.topics, self.scene.link
        while not stop.wait(0.1):
            self.sequence += 1
            jpeg = stamp(picture(self.sequence), FrameId("door", 0xAB, self.sequence, datetime.now(UTC)))
            link.flash(topics.frames("door", LIVE), jpeg)
            if self.sequence % 5 == 0:
                link.hold(topics.frames("door", PREVIEW), jpeg)


def picture(n: int) -> bytes:
    shade = abs((n * 5) % 400 - 200)
    done, jpeg = cv2.imencode(".jpg", np.full((180, 320, 3), shade, np.uint8))
    assert done
    return jpeg.tobytes()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium: apt install chromium")
        pytest.skip("there is no Chromium: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def scene(tmp_path: Path, address: BrokerAddress) -> Iterator[Scene]:
    zones = {"road": {"points": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}}
    cameras = {"door": {"url": "push:", "label": "Front door", "motion": {"zones": zones}}}
    with (
        staged(make_settings(tmp_path, gateway=USERS, cameras=cameras), address) as scene,
        running(Camera(scene).play),
    ):
        scene.hold("status", "online")
        scene.hold("zone/road", "OFF")
        yield scene


@contextmanager
def opened(
    chromium: Browser, scene: Scene, size: str = "desk", user: str = "admin", **more: Any
) -> Iterator[Page]:
    """Somebody who has logged in by the login page."""
    context = chromium.new_context(viewport=SIZES[size], **more)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(10_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.goto(f"http://127.0.0.1:{scene.port}/")
    page.get_by_label("User").fill(user)
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Latest events")).to_be_visible()
    yield page
    assert wrong == []
    assert asked - {""} == {f"127.0.0.1:{scene.port}"}  # no page needs a network beyond us
    context.close()


def say(scene: Scene, kind: EventType, **more: Any) -> None:
    message = EventMessage(
        event_type=kind, camera="door", time=NOW, event=EVENT, started=NOW, reason="motion", **more
    )
    scene.link.send(scene.topics.camera("door", "event"), message.payload())


def changes(page: Page, selector: str) -> bool:
    """Whether the picture there does, as somebody sees it."""
    seen: set[float] = set()
    for _ in range(60):
        seen.add(page.evaluate(BRIGHTNESS, selector))
        if len(seen - {-1}) >= 3:
            return True
        page.wait_for_timeout(100)
    return False


def asked_for(page: Page, begun: list[WebSocketRoute], times: int) -> None:
    """Waits until the live picture has been, so many times."""
    for _ in range(1000):
        if len(begun) >= times:
            return
        page.wait_for_timeout(10)
    pytest.fail(f"the live picture was asked for {len(begun)} times")


# -- what people do --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_the_live_picture_changes_on_the_grid_and_when_opened(
    chromium: Browser, scene: Scene, size: str
) -> None:
    with opened(chromium, scene, size) as page:
        assert changes(page, "img[data-preview]")
        page.get_by_role("link", name="Front door, open live view").click()
        assert changes(page, "img[data-stream]")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_event_arrives_without_reloading_and_can_be_opened_played_and_stepped(
    chromium: Browser, scene: Scene
) -> None:
    with opened(chromium, scene) as page:
        page.evaluate("window.sameDocument = true")
        say(scene, EventType.MOTION_START)
        card = page.locator(".latest .event", has_text="Front door")
        expect(card).to_contain_text("happening now")
        keep_event(scene.store, NOW, picture=picture)
        say(scene, EventType.ARCHIVED, ended=NOW + timedelta(seconds=5))
        expect(card).to_contain_text("10 frames")
        assert page.evaluate("window.sameDocument")
        card.get_by_role("link").click()
        at = page.locator("[data-at]")
        expect(at).to_contain_text("5 / 10")
        page.get_by_role("button", name="One frame on").click()
        expect(at).to_contain_text("6 / 10")
        page.locator("body").press("ArrowLeft")
        expect(at).to_contain_text("5 / 10")
        page.get_by_role("button", name="Play").click()
        expect(at).not_to_contain_text("5 / 10")
        with page.expect_download() as download:
            page.get_by_role("link", name="Save all frames").click()
        assert download.value.suggested_filename == f"door-{EVENT}.zip"


def test_marking_an_event_to_keep_is_heard_on_mqtt(chromium: Browser, scene: Scene) -> None:
    heard = scene.listen(scene.topics.camera("door", "keep"))
    event = keep_event(scene.store, NOW, picture=picture)
    with opened(chromium, scene) as page:
        page.goto(f"http://127.0.0.1:{scene.port}/events/door/{event}")
        page.get_by_role("button", name="Keep for ever").click()
        expect(page.get_by_text("The archive is asked to keep it…")).to_be_visible()
        eventually(lambda: heard == [event.encode()], "it is on MQTT")
        scene.store.put(KeyLayout().kept_key("door", event), b"{}")  # as the archiver does
        expect(page.get_by_text("It is kept for ever.")).to_be_visible()
        expect(page.get_by_text("Kept for ever", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Keep for ever")).to_have_count(0)


def test_a_threshold_is_tuned_and_heard_on_mqtt(chromium: Browser, scene: Scene) -> None:
    heard = scene.listen(scene.topics.setting_set("door", "threshold"))
    scene.hold("threshold/state", "5")
    scene.hold("motion_detection/state", "ON")
    with opened(chromium, scene) as page:
        page.goto(f"http://127.0.0.1:{scene.port}/cameras/door")
        field = page.locator("#set-threshold")
        expect(field).to_have_value("5")
        page.wait_for_selector("body[data-live=yes]")
        field.fill("7.5")
        page.get_by_role("button", name="Set threshold").click()
        eventually(lambda: heard == [b"7.5"], "motion hears of it")
        scene.hold("threshold/state", "7.5")
        expect(page.locator("[data-set]")).to_have_text("")
        switch = page.get_by_role("switch", name="Motion detection")
        expect(switch).to_have_attribute("aria-checked", "true")
        scene.hold("motion_detection/state", "OFF")  # somebody else switches it
        expect(switch).to_have_attribute("aria-checked", "false")


def test_events_are_filtered_by_zone_and_stand_on_the_days_line(chromium: Browser, scene: Scene) -> None:
    keep_event(scene.store, NOW, picture=picture)
    with opened(chromium, scene) as page:
        page.get_by_role("link", name="Events", exact=True).click()
        expect(page.locator(".timeline .mark")).to_have_count(1)
        page.get_by_label("Zone").select_option("road")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", name="No events here")).to_be_visible()


def test_a_lost_connection_shows_and_heals(chromium: Browser, scene: Scene) -> None:
    with opened(chromium, scene) as page:
        lost = page.get_by_text("The connection to Nightjar is lost.")
        expect(lost).to_be_hidden()
        page.context.set_offline(True)
        expect(lost).to_be_visible()
        page.context.set_offline(False)
        expect(lost).to_be_hidden(timeout=20_000)


def test_a_live_picture_that_froze_with_the_connection_begins_anew(chromium: Browser, scene: Scene) -> None:
    with opened(chromium, scene) as page:
        begun: list[WebSocketRoute] = []

        def into_the_void(socket: WebSocketRoute) -> None:
            begun.append(socket)  # which says nothing, nor ends

        page.route_web_socket("**/stream.ws", into_the_void)
        page.goto(f"http://127.0.0.1:{scene.port}/cameras/door")
        page.wait_for_selector("body[data-live=yes]")
        asked_for(page, begun, 1)
        page.evaluate("dispatchEvent(new Event('offline'))")  # says what is so; the stream itself goes on
        page.evaluate("dispatchEvent(new Event('online'))")
        asked_for(page, begun, 2)


def test_a_live_picture_whose_own_connection_ends_goes_on(chromium: Browser, scene: Scene) -> None:
    """Over MJPEG, Chromium would show the last picture for ever."""
    with opened(chromium, scene) as page:
        begun: list[WebSocketRoute] = []

        def through(socket: WebSocketRoute) -> None:
            socket.connect_to_server()
            begun.append(socket)

        page.route_web_socket("**/stream.ws", through)
        page.goto(f"http://127.0.0.1:{scene.port}/cameras/door")
        assert changes(page, "img[data-stream]")
        begun[0].close()
        asked_for(page, begun, 2)
        assert changes(page, "img[data-stream]")


def test_a_live_picture_of_which_nothing_comes_any_more_is_asked_for_again(
    chromium: Browser, scene: Scene
) -> None:
    with opened(chromium, scene) as page:
        begun: list[WebSocketRoute] = []

        def first_into_the_void(socket: WebSocketRoute) -> None:
            begun.append(socket)
            if len(begun) > 1:
                socket.connect_to_server()

        page.route_web_socket("**/stream.ws", first_into_the_void)
        page.clock.install()
        page.goto(f"http://127.0.0.1:{scene.port}/cameras/door")
        asked_for(page, begun, 1)
        page.clock.fast_forward(16_000)
        assert changes(page, "img[data-stream]")


def test_where_no_websocket_gets_through_the_live_picture_comes_as_mjpeg(
    chromium: Browser, scene: Scene
) -> None:
    with opened(chromium, scene) as page:
        page.route_web_socket("**/stream.ws", lambda socket: socket.close())
        page.goto(f"http://127.0.0.1:{scene.port}/cameras/door")
        expect(page.locator("img[data-stream]")).to_have_attribute("src", re.compile("stream.mjpeg"))
        assert changes(page, "img[data-stream]")


def test_what_is_wrong_beyond_single_cameras_is_said_on_the_first_page(
    chromium: Browser, scene: Scene
) -> None:
    with opened(chromium, scene) as page:
        words = page.get_by_text("Archiver is not running: events are not stored")
        expect(words).to_be_visible(timeout=10_000)
        scene.link.hold(scene.topics.service("archiver", "1"), b"online")
        expect(words).to_have_count(0)


def test_a_login_that_has_ended_leads_to_the_login_page(
    chromium: Browser, tmp_path: Path, address: BrokerAddress
) -> None:
    with (
        staged(make_settings(tmp_path, gateway={"session_hours": 4 / 3600}), address) as scene,
        opened(chromium, scene) as page,
    ):
        expect(page.get_by_role("button", name="Log in")).to_be_visible(timeout=20_000)


def test_an_admin_makes_a_token_and_revokes_it(chromium: Browser, scene: Scene) -> None:
    with opened(chromium, scene) as page:
        page.get_by_role("link", name="Access").click()
        page.get_by_label("Name").fill("porch")
        page.get_by_label("It may").select_option("ingest")
        page.get_by_role("button", name="Make a token").click()
        token = page.locator("[data-token]")
        expect(token).to_contain_text("nj_")
        assert scene.service._entrance.tokens.caller(token.inner_text()) is not None
        page.reload()
        assert page.get_by_text("nj_").count() == 0
        page.get_by_role("button", name="Revoke porch").click()
        page.get_by_role("button", name="Really revoke porch?").click()
        rows = page.get_by_role("region", name="Tokens").get_by_role("row")
        expect(rows).to_have_count(1)  # its head
    assert list(scene.service._entrance.tokens) == []


def test_a_viewer_is_offered_nothing_that_it_may_not_do(chromium: Browser, scene: Scene) -> None:
    with opened(chromium, scene, user="anna") as page:
        page.goto(f"http://127.0.0.1:{scene.port}/cameras/door")
        assert changes(page, "img[data-stream]")
        for name in ("Record an event", "Switch off…", "Set threshold", "Start"):
            expect(page.get_by_role("button", name=name)).to_have_count(0)
        expect(page.get_by_role("link", name="Access")).to_have_count(0)


def test_everything_can_be_reached_by_keyboard(chromium: Browser, scene: Scene) -> None:
    with opened(chromium, scene) as page:
        page.locator("body").press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Front door, open live view")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Front door")).to_be_visible()


# -- who cannot see, or sees little ----------------------------------------------------------------------


@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("desk", "light")])
def test_no_page_has_a_barrier_that_axe_finds(
    chromium: Browser, scene: Scene, size: str, scheme: str
) -> None:
    event = keep_event(scene.store, NOW, picture=picture)
    paths = ["/", "/cameras/door", "/events", f"/events/door/{event}", "/health", "/access", "/api/docs"]
    with opened(chromium, scene, size, color_scheme=scheme) as page:
        found = {path: barriers(page, f"http://127.0.0.1:{scene.port}{path}") for path in paths}
        page.get_by_role("button", name="Log out").click()
        found["/login"] = barriers(page, page.url)
    assert {path: names for path, names in found.items() if names} == {}


def barriers(page: Page, url: str) -> list[str]:
    page.goto(url)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{url} is too wide"
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]
