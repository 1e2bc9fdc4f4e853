"""How long from the start to the first live frame and to the first archived event, and what it all weighs.

`python -m benchmarks.startup` measures the all-in-one and, where a Docker engine answers, `docker compose up`
with images that are built already: the demo camera, 1280x720 at 15 frames a second.
"""

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.backends import engine
from tests.system.systems import Access, Compose, System, Together

#: The demo street's first crossing begins 7 s after its start, lasts some 4 s, and has 5 s of post-roll.
FLOOR_S = 16.0
GOAL = 2.0
WITHIN_S = 120.0


@dataclass(slots=True)
class Times:
    """Seconds since the start."""

    dashboard_s: float = 0.0
    live_s: float = 0.0
    archived_s: float = 0.0


def measure(system: System) -> Times:
    """Starts it and waits for the first live frame and the first archived event."""
    began = time.monotonic()
    system.start()
    times = Times(dashboard_s=time.monotonic() - began)
    done = threading.Event()
    with listening(system.access()) as client:

        def received(_client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
            now_s = time.monotonic() - began
            if message.topic.endswith("/live"):
                times.live_s = times.live_s or now_s
            elif b'"archived"' in message.payload and not times.archived_s:
                times.archived_s = now_s
                done.set()

        client.on_message = received
        if not done.wait(WITHIN_S):
            raise RuntimeError(f"no archived event within {WITHIN_S} s:\n{system.log()}")
    return times


@contextlib.contextmanager
def listening(access: Access) -> Iterator[mqtt.Client]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(*access.mqtt_login)
    topics = [("nightjar-frames/street/live", 0), ("nightjar/camera/street/event", 1)]

    def connected(*_: Any) -> None:
        client.subscribe(topics)

    client.on_connect = connected
    client.connect(*access.mqtt_address)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def weights(project: str) -> dict[str, str]:
    """Memory of each container of the project, as `docker stats` says."""
    lines = docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}").splitlines()
    found = {}
    for line in lines:
        if match := re.match(rf"{project}-(\w+)-1 (\S+) /", line):
            found[match[1]] = match[2]
    return found


def image_sizes(project: str) -> dict[str, str]:
    lines = docker("images", "--format", "{{.Repository}} {{.Size}}").splitlines()
    pairs = (line.split(" ", 1) for line in lines if line.startswith(project))
    return {name.removeprefix(project).lstrip("-_"): size for name, size in pairs}


def main() -> int:
    print("Start to first live frame and first archived event, with the demo camera (720p, 15 frames/s).")
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.avi"
        clip.touch()
        systems: list[tuple[str, Any]] = [("together", Together)]
        if engine():
            systems.append(("compose", Compose))
        for name, make in systems:
            home = Path(folder) / name
            home.mkdir()
            system = make(home, clip)
            try:
                if isinstance(system, Compose):
                    system.build()
                times = measure(system)
                found[name] = {key: round(getattr(times, key), 1) for key in Times.__slots__}
                print(f"{name}: {found[name]}")
                if isinstance(system, Compose):
                    print(f"memory with one camera: {weights(system.project)}")
                    print(f"images: {image_sizes(system.project)}")
            finally:
                system.remove()
    measured = max(times["archived_s"] for times in found.values())
    result = {
        "name": "startup",
        "measured": found,
        "floor": FLOOR_S,
        "ratio": round(measured / FLOOR_S, 2),
        "goal": GOAL,
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
