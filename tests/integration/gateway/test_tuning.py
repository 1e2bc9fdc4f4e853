"""The tuning page in a real browser, with a gateway and a motion service on a real broker."""

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from services.contract.frame import FrameId, stamp
from services.contract.topics import LIVE, TUNE
from services.motion.service import MotionService
from services.runtime.mqtt import BrokerAddress
from tests import backends
from tests.integration.gateway.conftest import Scene, eventually, make_settings, running, staged
from tests.integration.gateway.http import BASIC, LongAnswer
from tests.unit.motion.scenes import backdrop

WIDTH, HEIGHT, FPS = 640, 360, 10
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@dataclass
class Yard:
    """A camera in front of which somebody walks to and fro."""

    scene: Scene
    settings: dict[str, list[bytes]] = field(default_factory=dict)
    walking: bool = True

    def play(self, stop: threading.Event) -> None:
        still = cv2.resize(backdrop(), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        rng = np.random.default_rng(3)
        n = 0
        while not stop.wait(1 / FPS):
            n += 1
            picture = still + rng.normal(0, 2, still.shape)
            if self.walking:
                x = 40 + abs((n * 12) % 1000 - 500)
                picture[170:270, x : x + 40] = 30
            _, jpeg = cv2.imencode(".jpg", picture.clip(0, 255).astype(np.uint8))
            frame = stamp(jpeg.tobytes(), FrameId("door", 0xAB, n, datetime.now(UTC)))
            self.scene.link.flash(self.scene.topics.frames("door", LIVE), frame)

    def state(self, setting: str) -> str:
        """What is in force, as motion says it."""
        return self.settings[setting][-1].decode()


@pytest.fixture
def yard(tmp_path: Path, address: BrokerAddress) -> Iterator[Yard]:
    settings = make_settings(tmp_path, state_dir=str(tmp_path / "state"))
    with staged(settings, address) as scene:
        yard = Yard(scene)
        for name in ("zones", "masks", "sensitivity", "threshold"):
            yard.settings[name] = scene.listen(scene.topics.setting_state("door", name))
        motion = MotionService(settings, address)
        with running(motion.run, yard.play):
            eventually(lambda: not motion.problems(), "motion is connected")
            eventually(lambda: all(yard.settings.values()), "motion has said its settings")
            scene.hold("status", "online")
            yield yard


def test_motion_says_its_scores_only_while_somebody_tunes(yard: Yard) -> None:
    scores = yard.scene.listen(yard.scene.topics.camera("door", "score"))
    asked = yard.scene.listen(yard.scene.topics.camera("door", TUNE))
    time.sleep(1)
    assert scores == []
    with LongAnswer(yard.scene.port, "/api/cameras/door/scores") as answer:
        name, score = next(change for change in answer.changes() if change[0] == "score")
        assert {"score", "boxes", "near", "zones", "moving"} <= set(score)
        assert name == "score"
    assert [float(seconds) for seconds in asked[:1]] == [12]
    eventually(lambda: len(scores) > 5, "others may listen too")


def test_what_cannot_be_a_zone_is_refused_at_once(yard: Yard) -> None:
    browser = yard.scene.logged_in()
    token = {"X-CSRF-Token": browser.csrf()}
    answer = browser.post("/api/cameras/door/zones", {"value": '{"Gate": 1}'}, token)
    assert (answer.status, "'Gate' is no name" in answer.text) == (422, True)
    assert yard.state("zones") == "{}"


def test_a_camera_that_there_is_not_has_no_page(scene: Scene) -> None:
    assert scene.browser().get("/cameras/none/tune", BASIC).status == 404
    assert scene.browser().get("/api/cameras/none/scores", BASIC).status == 404


# -- in a browser --------------------------------------------------------------------------------------------


@pytest.fixture
def page(yard: Yard) -> Iterator[Page]:
    if CHROMIUM is None:
        assert not os.environ.get(backends.CHOICE), "a browser is to be looked with, and there is no chromium"
        pytest.skip("there is no chromium to look with")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(f"http://127.0.0.1:{yard.scene.port}/login?next=/cameras/door/tune")
        page.fill("input[name=user]", "admin")
        page.fill("input[name=password]", "secret")
        page.click("button.main")
        expect(page.locator("[data-drawing]")).to_be_visible()
        height = "document.querySelector('[data-drawing]').viewBox.baseVal.height"
        eventually(lambda: abs(page.evaluate(height) - 1000 * HEIGHT / WIDTH) < 1, "the picture is there")
        yield page
        if folder := os.environ.get("NIGHTJAR_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/{time.monotonic_ns()}.png", full_page=True)
        browser.close()
        assert wrong == []


def corners(page: Page, *places: tuple[float, float]) -> None:
    """Clicks on the picture, at fractions of it."""
    box: Any = page.locator("[data-drawing]").bounding_box()
    for x, y in places:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def test_the_score_and_the_boxes_are_shown_as_it_moves(page: Page) -> None:
    expect(page.locator("[data-drawing] .box").first).to_be_attached(timeout=15_000)
    expect(page.locator("[data-words]")).to_have_text("Motion.")


def test_a_slider_takes_effect_at_once_and_shows_what_others_set(yard: Yard, page: Page) -> None:
    slider = page.locator("#sensitivity")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    eventually(lambda: yard.state("sensitivity") == "55", "motion has taken it")
    follows = page.locator("[data-knob=threshold] [data-output]")
    expect(follows).to_have_text(str(float(yard.state("threshold"))))
    page.locator("#threshold").fill("9")
    eventually(lambda: yard.state("threshold") == "9", "its own threshold")
    page.click("[data-knob=threshold] [data-empty]")
    eventually(lambda: float(yard.state("threshold")) < 5, "what follows from the sensitivity")
    page.wait_for_timeout(1600)
    yard.scene.link.send(yard.scene.topics.setting_set("door", "sensitivity"), b"30")
    expect(page.locator("[data-knob=sensitivity] [data-output]")).to_have_text("30")


def test_a_zone_is_drawn_with_the_mouse_renamed_and_ignored(yard: Yard, page: Page) -> None:
    page.click("[data-new=zones]")
    corners(page, (0.2, 0.3), (0.8, 0.3), (0.8, 0.9))
    page.keyboard.press("Enter")
    eventually(lambda: "zone-1" in yard.state("zones"), "it is in force")
    points = json.loads(yard.state("zones"))["zone-1"]["points"]
    assert [[round(value, 1) for value in point] for point in points] == [[0.2, 0.3], [0.8, 0.3], [0.8, 0.9]]
    expect(page.locator("polygon.zone.active")).to_be_attached(timeout=15_000)
    page.fill("[data-shapes] [data-name]", "path")
    page.keyboard.press("Enter")
    eventually(lambda: list(json.loads(yard.state("zones"))) == ["path"], "it has its new name")
    page.select_option("[data-motion-kind]", "ignored")
    eventually(lambda: json.loads(yard.state("zones"))["path"].get("motion") == "ignored", "it is ignored")


def test_a_corner_is_dragged_and_what_was_done_is_undone(yard: Yard, page: Page) -> None:
    yard.scene.link.send(
        yard.scene.topics.setting_set("door", "masks"), b'{"tree": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]}'
    )
    corner = page.locator("[data-corner='masks/tree/2']")
    expect(corner).to_be_attached()
    box: Any = page.locator("[data-drawing]").bounding_box()
    corner.hover()
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    page.mouse.up()
    eventually(lambda: json.loads(yard.state("masks"))["tree"][2][0] > 0.69, "the corner has moved")
    page.click("[data-undo]")
    eventually(lambda: json.loads(yard.state("masks"))["tree"][2] == [0.5, 0.5], "and moved back")


def test_a_mask_is_made_with_the_keyboard_alone(yard: Yard, page: Page) -> None:
    page.focus("[data-new=masks]")
    page.keyboard.press("Enter")
    eventually(lambda: "mask-1" in yard.state("masks"), "it is in force")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    eventually(lambda: json.loads(yard.state("masks"))["mask-1"][0] == [0.2, 0.35], "its corner has moved")
    page.keyboard.press("Delete")
    eventually(lambda: len(json.loads(yard.state("masks"))["mask-1"]) == 3, "it has a corner less")
    page.locator("[data-remove]").focus()
    page.keyboard.press("Enter")
    eventually(lambda: yard.state("masks") == "{}", "it is gone")


def test_escape_gives_a_drawing_up(yard: Yard, page: Page) -> None:
    page.click("[data-new=zones]")
    corners(page, (0.2, 0.3), (0.8, 0.3), (0.8, 0.9))
    page.keyboard.press("Escape")
    expect(page.locator(".draft")).to_have_count(0)
    page.wait_for_timeout(700)
    assert yard.state("zones") == "{}"
