"""What a browser transfers for its first view of the dashboard, without the pictures.

`python -m benchmarks.first_view` starts everything in one process with 16 cameras, logs in with a real
Chromium whose cache is empty, and adds up what came over the wire, heads included, within 3 s. The floor is
the same text compressed with gzip -9, which the dashboard does not do: a page holds its form's token, and
compressing a secret beside text that somebody else may choose gives it away byte by byte (BREACH).
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.runners import free_port

CAMERAS = 16
GOAL_BYTES = 100_000
LIVE = "/api/events"
PICTURES = ("image", "media")
SETTLE_MS = 3000


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("there is no Chromium: apt install chromium", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        environ, url = prepare(Path(folder))
        nightjar = [sys.executable, "-m", "services", "--config", f"{folder}/nightjar.yaml"]
        process = subprocess.Popen(
            nightjar, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_for(url)
            shown = subprocess.run(
                [*nightjar[:3], "secrets", "show", "--json", "--config", f"{folder}/nightjar.yaml"],
                env=environ, capture_output=True, text=True, check=True,
            )  # fmt: skip
            password = json.loads(shown.stdout)["dashboard"]["password"]
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                transferred, floor = first_view(browser, url, password)
                browser.close()
        finally:
            process.terminate()
            process.wait(20)
    total, least = sum(transferred.values()), sum(floor.values())
    print(f"The first view of {CAMERAS} cameras, in an empty browser:")
    for path, count in sorted(transferred.items(), key=lambda each: -each[1]):
        print(f"  {count:8,} bytes  {path}")
    result = {
        "name": "first_view",
        "measured": total,
        "floor": least,
        "ratio": round(total / least, 2),
        "goal": GOAL_BYTES,
        "unit": "bytes",
    }
    print(json.dumps(result))
    return 0 if total <= GOAL_BYTES else 1


def prepare(folder: Path) -> tuple[dict[str, str], str]:
    """A configuration with many cameras that send nothing, on ports that are free."""
    names = [f"camera-{n}" for n in range(1, CAMERAS + 1)]
    cameras = "".join(f"  {name}: {{url: 'push:', label: 'Camera {name[7:]}'}}\n" for name in names)
    (folder / "nightjar.yaml").write_text(f"cameras:\n{cameras}")
    port = free_port()
    environ = {
        **os.environ,
        "NIGHTJAR_STATE_DIR": str(folder / "state"),
        "NIGHTJAR_ARCHIVE__URL": (folder / "archive").as_uri(),
        "NIGHTJAR_GATEWAY__LISTEN": f"127.0.0.1:{port}",
        "NIGHTJAR_MQTT__LISTEN": f"127.0.0.1:{free_port()}",
        "NIGHTJAR_HEALTH__LISTEN": f"127.0.0.1:{free_port()}",
    }
    return environ, f"http://127.0.0.1:{port}"


def wait_for(url: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError):
            urllib.request.urlopen(f"{url}/login", timeout=2).close()
            return
        time.sleep(0.2)
    raise RuntimeError("the dashboard never answered")


def first_view(browser: Browser, url: str, password: str) -> tuple[dict[str, int], dict[str, int]]:
    """Bytes on the wire, and compressed bytes, by path."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.request.post(f"{url}/login", form={"user": "admin", "password": password})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    paths: dict[str, str] = {}
    kinds: dict[str, str] = {}
    transferred: dict[str, int] = {}

    def asked(event: dict[str, Any]) -> None:
        paths[event["requestId"]] = event["request"]["url"].removeprefix(url).partition("?")[0]
        kinds[event["requestId"]] = str(event.get("type", "")).lower()

    def came(event: dict[str, Any]) -> None:
        count(event["requestId"], int(event["encodedDataLength"]))

    def streamed(event: dict[str, Any]) -> None:  # live events never end
        if paths.get(event["requestId"]) == LIVE:
            count(event["requestId"], int(event["encodedDataLength"]) or int(event["dataLength"]))

    def count(request: str, size: int) -> None:
        path = paths.get(request, "")
        if kinds.get(request) not in PICTURES and not path.endswith(".jpg"):
            transferred[path] = transferred.get(path, 0) + size

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", came)
    session.on("Network.dataReceived", streamed)
    page.goto(url)
    page.wait_for_timeout(SETTLE_MS)
    floor = {
        path: count if path == LIVE else len(gzip.compress(context.request.get(f"{url}{path}").body(), 9))
        for path, count in transferred.items()
    }
    context.close()
    return transferred, floor


if __name__ == "__main__":
    sys.exit(main())
