"""What people are told of a camera in trouble, with servers that others wrote; nothing goes uncounted."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.capture import attendant as attendant_module
from services.contract.events import EventType
from services.runtime.backoff import Backoff
from tests.integration.capture.mjpeg_server import MULTIPART, Connection, serving
from tests.integration.capture.programs import need
from tests.integration.capture.rtsp_server import PYTHON, SERVER, need_gstreamer
from tests.integration.capture.scene import Scene
from tests.integration.pipeline.pipeline import eventually
from tests.real import MqttServer
from tests.runners import free_port
from tests.unit.capture.cameras.pictures import jpeg

FRAMES = [jpeg(seed) for seed in range(4)]
#: What it takes FFmpeg and GStreamer to begin, on a busy machine.
SOON_S = 8.0

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost camera is tried again within half a second."""
    monkeypatch.setattr(attendant_module, "Backoff", lambda: Backoff(0.2, 0.4))


class Peer:
    """A camera made of somebody else's server, which may be killed and started again on its port."""

    def __init__(self, kind: str) -> None:
        port = free_port()
        if kind == "ffmpeg":
            if not shutil.which("ffmpeg"):
                need("ffmpeg")
            self.url = f"http://127.0.0.1:{port}/live"
            source = "-re -f lavfi -i testsrc=size=320x240:rate=20"
            self._command = f"ffmpeg -loglevel error {source} -f mpjpeg -listen 1 {self.url}".split()
        else:
            need_gstreamer()
            self.url = f"rtsp://127.0.0.1:{port}/camera"
            self._command = [PYTHON, str(SERVER), "--port", str(port)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture(params=["ffmpeg", "GStreamer"])
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    made = Peer(request.param)
    yield made
    made.kill()


def test_a_camera_that_comes_late_and_is_killed_in_mid_stream(scenes: Any, peer: Peer) -> None:
    """Its server is one that others wrote. An outage is said when it begins, and its length when it ends."""
    scene: Scene = scenes(yard={"url": peer.url, "capture": {"stall_timeout": 1, "connect_timeout": 5}})
    before = datetime.now(UTC)
    detail = scene.problem("yard")
    assert detail.problem == f"127.0.0.1:{peer.url.split(':')[2].split('/')[0]} refuses the connection"
    assert detail.since
    assert abs(detail.since - before) < timedelta(seconds=3)
    assert scene.told_to_whoever_comes_later("yard", "status") == "offline"
    peer.start()
    comes_back(scene, outages=1)
    peer.kill()
    died_s = time.monotonic()
    detail = scene.problem("yard")
    assert detail.problem
    assert scene.told_to_whoever_comes_later("yard", "status") == "offline"
    time.sleep(2)
    peer.start()
    comes_back(scene, outages=2)
    away_s = time.monotonic() - died_s
    told_s = scene.events[-1].outage_s
    assert told_s is not None
    assert away_s - 3.5 < told_s < away_s + 0.5  # a second of it passes before the stall is one
    numbers = [frame.id.sequence for frame in scene.live["yard"]]
    assert numbers == list(range(1, len(numbers) + 1))


def comes_back(scene: Scene, outages: int) -> None:
    scene.frames_from_now("yard", 5)
    eventually("status", lambda: scene.camera_says("yard", "status") == "online")
    eventually("health", lambda: scene.camera_says("yard", "health") == "OFF")
    eventually("event", lambda: len(scene.events) == outages, lambda: scene.events)
    assert {event.event_type for event in scene.events} == {EventType.CAMERA_BACK}


# -- it answers, and yet -------------------------------------------------------------------------------------


def frozen(connection: Connection) -> None:
    connection.send(MULTIPART)
    while not connection.closing.wait(0.05):
        connection.part(FRAMES[0])


def garbage(connection: Connection) -> None:
    connection.send(MULTIPART)
    while not connection.closing.wait(0.05):
        connection.send(b"--b\r\nContent-Type: image/jpeg\r\n\r\n", bytes(range(255)) * 20)


def halves(connection: Connection) -> None:
    connection.send(MULTIPART)
    for n in range(10_000):
        if connection.closing.wait(0.05):
            return
        connection.send(b"--b\r\nContent-Type: image/jpeg\r\n\r\n", FRAMES[n % 4][:700])


def silent(connection: Connection) -> None:
    connection.send(MULTIPART)
    connection.part(FRAMES[0])
    connection.hang()


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (frozen, "it is frozen: the very same picture for 1 s"),
        (garbage, "127.0.0.1 sends data, but no JPEG among it"),
        (halves, "127.0.0.1 sends data, but no JPEG among it"),
        (silent, "nothing came from 127.0.0.1:{port} for 1 s"),
    ],
)
def test_a_camera_that_answers_and_gives_nothing_new_is_a_lost_one(
    scenes: Any, behaviour: Any, sentence: str
) -> None:
    with serving(behaviour) as server:
        scene: Scene = scenes(
            yard={"url": server.url(), "capture": {"stall_timeout": 1, "frozen_timeout": 1}}
        )
        assert scene.problem("yard").problem == sentence.format(port=server.port)
        eventually("status", lambda: scene.camera_says("yard", "status") == "offline")
        eventually("another attempt", lambda: server.connections >= 2)


def test_a_camera_that_stays_away_is_reset_once_an_hour(scenes: Any, tmp_path: Path) -> None:
    resets = tmp_path / "resets"
    reset = {"reset": f"sh -c 'echo reset >> {resets}'", "reset_after": 3}
    scene: Scene = scenes(yard={"url": f"http://127.0.0.1:{free_port()}/", "capture": reset})
    eventually("attempts", lambda: scene.stats("yard").get("reconnects", 0) >= 3)
    eventually("reset", resets.exists)
    eventually("more attempts", lambda: scene.stats("yard")["reconnects"] >= 10)
    assert resets.read_text() == "reset\n"


# -- it is switched off --------------------------------------------------------------------------------------


def test_a_program_is_ended_with_all_of_its_own_when_it_is_switched_off(scenes: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(FRAMES[0])
    (tmp_path / "b.jpg").write_bytes(FRAMES[1])
    script = tmp_path / "camera.sh"
    script.write_text(
        f"echo $$ > {tmp_path}/pid; sleep 1000 & echo $! > {tmp_path}/child\n"
        f"while :; do cat {tmp_path}/a.jpg {tmp_path}/b.jpg; sleep 0.1; done\n"
    )
    scene: Scene = scenes(yard={"url": f"exec:sh {script}"})
    scene.frames_from_now("yard")
    pids = [int((tmp_path / name).read_text()) for name in ("pid", "child")]
    assert all(map(lives, pids))
    scene.say(scene.topics.setting_set("yard", "enabled"), "OFF")
    eventually("end of the program", lambda: not any(map(lives, pids)))
    eventually("stillness", lambda: scene.still("yard"))
    assert scene.camera_says("yard", "health") == "OFF"
    scene.say(scene.topics.setting_set("yard", "enabled"), "ON")
    scene.frames_from_now("yard")
    assert [event.event_type for event in scene.events] == []


def test_an_rtsp_camera_is_let_go_when_it_is_switched_off(scenes: Any) -> None:
    peer = Peer("GStreamer")
    peer.start()
    try:
        scene: Scene = scenes(yard={"url": peer.url})
        scene.frames_from_now("yard")
        port = int(peer.url.split(":")[2].split("/")[0])
        assert connections_to(port)
        scene.say(scene.topics.setting_set("yard", "enabled"), "OFF")
        eventually("end of the connection", lambda: not connections_to(port))
        assert scene.still("yard")
    finally:
        peer.kill()


def lives(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIG_DFL)
    except ProcessLookupError:
        return False
    return "zombie" not in Path(f"/proc/{pid}/status").read_text()


def connections_to(port: int) -> int:
    """Those of this machine that are established."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


# -- the broker is away --------------------------------------------------------------------------------------


def test_what_the_outbox_cannot_hold_is_counted_oldest_first_and_the_rest_arrives(
    scenes: Any, mqtt_server: MqttServer
) -> None:
    capture = {"outbox_mb": 0.15, "preview": False}
    scene: Scene = scenes(yard={"url": "demo:?fps=10&size=320x180", "capture": capture})
    scene.frames_from_now("yard")
    mqtt_server.stop()
    try:
        time.sleep(4)
    finally:
        mqtt_server.start()
    scene.frames_from_now("yard", 20)
    lost = eventually("counted losses", lambda: scene.stats("yard").get("lost", 0))
    last = scene.live["yard"][-1].id.sequence
    came = {frame.id.sequence for frame in scene.live["yard"]}
    missing = sorted(set(range(1, last + 1)) - came)
    assert len(missing) == lost
    assert lost > 10
    assert missing[-1] < last - 5, "the newest are kept"


def test_a_broker_that_is_killed_costs_no_frame_that_it_had_not_taken(
    scenes: Any, mqtt_server: MqttServer
) -> None:
    """What it had taken and forgot is asked for by number, as motion does."""
    scene: Scene = scenes(yard={"url": "demo:?fps=20&size=320x180", "capture": {"preview": False}})
    scene.frames_from_now("yard", 10)
    mqtt_server.kill()
    time.sleep(1)
    mqtt_server.start()
    scene.frames_from_now("yard", 20)
    last = scene.live["yard"][-1].id.sequence
    first = scene.live["yard"][0].id.sequence
    missing = set(range(first, last)) - {frame.id.sequence for frame in scene.live["yard"]}
    stats = eventually("statistics", lambda: scene.stats("yard"))
    if missing:
        request = {
            "session": stats["session"],
            "ranges": [[number, number] for number in sorted(missing)],
            "for": "live",
            "ask": "capture",
        }
        scene.ask_again("yard", request)
        eventually("repairs", lambda: missing <= scene.repaired["yard"].keys())
    eventually("statistics", lambda: scene.stats("yard").get("last_sequence", 0) >= last)
    assert scene.stats("yard")["lost"] == 0
