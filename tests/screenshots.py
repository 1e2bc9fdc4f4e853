"""`make screenshots`: the pictures of the dashboard in README and guide, taken anew from what runs."""

import io
import shutil
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.system.systems import ROOT, Access, Together

IMAGES = ROOT / "docs" / "images"
CAMERAS = """
cameras:
  street:
    url: "demo:"
    label: Street
    motion:
      zones:
        road: {points: [[0, 0.72], [1, 0.72], [1, 1], [0, 1]]}
        pavement: {points: [[0, 0.6], [1, 0.6], [1, 0.72], [0, 0.72]]}
  corner:
    url: "demo:?seed=2"
    label: Corner
"""
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 840}
ENOUGH, PATIENCE_MS = 5, 240_000
GAP, PHONES_WIDE = 16, 1224


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("there is no Chromium: apt install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        system = Together(Path(folder), Path(folder))
        system.config.write_text(CAMERAS)
        system.start()
        try:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            take(browser, system.access())
        finally:
            system.stop()


def take(browser: Browser, access: Access) -> None:
    """All of them, as soon as enough has happened."""
    desk = logged_in(browser, access, DESK, "light")
    print("Waiting until enough has happened in front of the demo's cameras; that takes minutes.", flush=True)
    desk.locator(".event.stage-archived").nth(ENOUGH - 1).wait_for(timeout=PATIENCE_MS)
    desk.wait_for_selector(".cameras:not(:has([data-moving=yes]))", timeout=PATIENCE_MS)
    desk.wait_for_selector(".camera[data-moving=yes]", timeout=PATIENCE_MS)
    desk.wait_for_timeout(2000)  # until what moves is well in the picture
    desk.screenshot(path=IMAGES / "dashboard.jpg", type="jpeg", quality=85)
    desk.goto(f"{access.dashboard}/events")
    desk.wait_for_load_state("networkidle")
    desk.screenshot(path=IMAGES / "events.jpg", type="jpeg", quality=85)
    last = desk.locator(".event.stage-archived a").first.get_attribute("href")

    phone = logged_in(browser, access, PHONE, "dark")
    shots: list[Image.Image] = []
    for path in ("/", "/cameras/street", "/events", last):
        phone.goto(f"{access.dashboard}{path}")
        phone.wait_for_timeout(3000)
        shots.append(Image.open(io.BytesIO(phone.screenshot())))
    beside(shots).save(IMAGES / "phone.jpg", quality=85)
    print(f"dashboard.jpg, events.jpg and phone.jpg are in {IMAGES}")


def logged_in(
    browser: Browser, access: Access, size: dict[str, int], scheme: Literal["light", "dark"]
) -> Page:
    page = browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    user, password = access.dashboard_login
    page.goto(access.dashboard)
    page.get_by_label("User").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector(".logout")
    return page


def beside(shots: list[Image.Image]) -> Image.Image:
    """One picture of several phones."""
    wide = (PHONES_WIDE - GAP * (len(shots) - 1)) // len(shots)
    high = round(wide * shots[0].height / shots[0].width)
    sheet = Image.new("RGB", (PHONES_WIDE, high), "white")
    for n, shot in enumerate(shots):
        sheet.paste(shot.convert("RGB").resize((wide, high), Image.Resampling.LANCZOS), (n * (wide + GAP), 0))
    return sheet


if __name__ == "__main__":
    main()
