"""Months in a minute: cameras that come and go a hundred times leave nothing behind; every end is clean."""

import gc
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.capture import attendant as attendant_module
from services.capture.attendant import Attendant
from services.capture.cameras import CameraOptions, Picture, open_camera
from tests.integration.capture.mjpeg_server import MULTIPART, Connection, serving
from tests.integration.pipeline.pipeline import eventually
from tests.real import MqttServer
from tests.unit.capture.cameras.pictures import jpeg

ROOT = Path(__file__).parents[3]
FRAMES = [jpeg(seed) for seed in range(4)]
LOSSES = 100


class Quick:
    """No time passes between two attempts."""

    def next(self) -> float:
        return 0.001

    def reset(self) -> None: ...


class Audience:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.pictures = self.outages = 0

    def take(self, picture: Picture) -> bool:
        self.pictures += 1
        return True

    def back(self, outage_s: float | None) -> None:
        self.outages += outage_s is not None

    def gone(self, problem: str) -> None:
        assert "secret" not in problem

    def off(self) -> None: ...


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attendant_module, "Backoff", Quick)


def stream_of_two(connection: Connection) -> None:
    connection.send(MULTIPART)
    connection.part(FRAMES[0])
    connection.part(FRAMES[1])


def garbage(connection: Connection) -> None:
    """One picture, half of another, and the end; every other time nothing at all."""
    if len(connection.requests) % 2:
        connection.send(MULTIPART)
        connection.part(FRAMES[0])
        connection.send(b"--b\r\n\r\n", FRAMES[1][: len(FRAMES[1]) // 2])


@contextmanager
def attended(url: str) -> Iterator[tuple[Attendant, Audience]]:
    audience, stop = Audience(), threading.Event()
    attendant = Attendant("yard", audience)
    attendant.set_enabled(True)
    camera = open_camera(url, CameraOptions(connect_timeout_s=2, stall_timeout_s=2, frozen_timeout_s=0))
    thread = threading.Thread(target=attendant.run, args=(camera, stop), name="attendant")
    thread.start()
    try:
        yield attendant, audience
    finally:
        stop.set()
        attendant.halt()
        thread.join(5)
        assert not thread.is_alive()


def held() -> tuple[int, int, int]:
    """Open files, threads and child processes of ours."""
    gc.collect()
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), len(children)


def nothing_left(before: tuple[int, int, int]) -> None:
    """The camera's server closes its own end a moment later."""

    def gone() -> bool:
        return all(now <= then for now, then in zip(held(), before, strict=True))

    eventually("end of it all", gone, lambda: (before, held()), within_s=5)


@pytest.mark.parametrize("behaviour", [stream_of_two, garbage])
def test_a_camera_that_is_lost_a_hundred_times_leaves_nothing_behind(behaviour: Any) -> None:
    with serving(behaviour) as server:
        with attended(server.url(login="viewer:secret@")) as (_, audience):
            eventually("first losses", lambda: server.connections >= 10, lambda: server.connections)
        before = held()
        with attended(server.url(login="viewer:secret@")) as (_, audience):
            enough = 10 + LOSSES
            eventually("losses", lambda: server.connections >= enough, lambda: server.connections)
        assert audience.pictures > LOSSES // 4
        nothing_left(before)


def test_a_program_that_ends_a_hundred_times_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(FRAMES[0])
    before = held()
    with attended(f"exec:cat {tmp_path / 'x.jpg'}") as (attendant, audience):
        eventually("ends", lambda: attendant.reconnects >= LOSSES, lambda: attendant.reconnects)
    assert audience.pictures >= LOSSES - 1
    nothing_left(before)


def test_a_camera_that_is_switched_in_any_order_ends_as_it_was_switched_last() -> None:
    def stream(connection: Connection) -> None:
        connection.send(MULTIPART)
        for n in range(10_000):
            if connection.closing.wait(0.002):
                return
            connection.part(FRAMES[n % 4])

    draw = random.Random(7)
    with serving(stream) as server, attended(server.url()) as (attendant, audience):
        for _ in range(200):
            draw.choice([attendant.set_enabled, attendant.set_wanted])(draw.random() < 0.5)
            time.sleep(draw.random() * 0.003)
        for enabled, wanted in ((False, True), (True, False), (True, True), (False, False), (True, True)):
            attendant.set_enabled(enabled)
            attendant.set_wanted(wanted)
            time.sleep(0.3)
            before = audience.pictures
            time.sleep(0.3)
            assert (audience.pictures > before) == (enabled and wanted), (enabled, wanted)


# -- the end -----------------------------------------------------------------------------------------------

ENDS = {
    "a camera that refuses": {"url": "http://127.0.0.1:9/"},
    "a camera that never answers": {"url": "http://10.255.255.1/"},
    "a camera on demand": {"url": "demo:?size=320x180", "capture": {"on_demand": True}},
    "an experiment": {"url": "demo:?size=320x180", "capture": {"interval": 1}},
    "a reset command": {
        "url": "http://127.0.0.1:9/",
        "capture": {"reset": "sleep 60", "reset_after": 1},
    },
    "a program": {"url": "exec:sleep 60"},
}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("broker", ["here", "away"])
def test_every_end_is_quick_and_clean(
    how: signal.Signals, broker: str, mqtt_server: MqttServer, tmp_path: Path
) -> None:
    settings = {
        "mqtt": {"url": mqtt_server.url if broker == "here" else "mqtt://127.0.0.1:9", "prefix": f"end{how}"},
        "health": {"listen": "127.0.0.1:0"},
        "state_dir": str(tmp_path / "state"),
        "cameras": {f"cam{n}": camera for n, camera in enumerate(ENDS.values())},
    }
    config = tmp_path / "nightjar.yaml"
    config.write_text(json.dumps(settings))
    environment = {
        **os.environ,
        "NIGHTJAR_MQTT__USER": mqtt_server.user,
        "NIGHTJAR_MQTT__PASSWORD": mqtt_server.password,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "services.capture", "--config", str(config)],
        cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        time.sleep(4)
        assert process.poll() is None
        process.send_signal(how)
        began_s = time.monotonic()
        _, said = process.communicate(timeout=20)
        lasted_s = time.monotonic() - began_s
    assert "Traceback" not in said, said
    assert process.returncode in (0, -how, 128 + how), said
    assert lasted_s < 4, said
