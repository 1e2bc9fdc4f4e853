"""Clients that mean no good, or are broken: nobody else notices them."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from services.gateway import doorman
from services.gateway.live import sse
from services.gateway.pictures import taking
from services.runtime.mqtt import BrokerAddress
from tests.integration.gateway.conftest import Scene, eventually, make_settings, staged
from tests.integration.gateway.http import BASIC, LongAnswer, Viewer
from tests.integration.gateway.other_machine import OtherMachine

IDLE = 10_000
#: Opens so many connections, says so, and keeps them until its input ends.
MANY = """
import resource, socket, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
kept = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(int(sys.argv[2]))]
print("there", flush=True)
sys.stdin.read()
"""


def connect(scene: Scene) -> socket.socket:
    return socket.create_connection(("127.0.0.1", scene.port), timeout=10)


def ended(sock: socket.socket) -> bool:
    """Whether the gateway has ended it."""
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def resident(pid: str = "self") -> int:
    """Bytes of a process that are in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}; charset=bogus", b"user=%ff"),
        (f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}", b"user=\xff"),
        ("POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data", b"user=x"),
        ("POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x", b"user=x"),
        ("GET /login HTTP/1.1\r\nHost: [", b""),
        ("GET /login HTTP/1.1\r\nHost: a:99999", b""),
        ("GET /login HTTP/1.1\r\nHost: ", b""),
        ("GET /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5", b"0\r\n\r\n"),
        ("GET /api/cameras HTTP/1.1\r\nHost: a\r\nAuthorization: Basic \xff", b""),
        ("GET /api/cameras HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff", b""),
        ("GET /api/cameras HTTP/1.1\r\nHost: a\r\nReferer: http://[", b""),
        ("GET /login HTTP/1.1\r\nHost: a\r\nExpect: \xff", b""),
        ("POST /login HTTP/1.1\r\nHost: a\r\nOrigin: http://[", b"user=x"),
        (f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}\r\nContent-Encoding: gzip", b"no gzip"),
        ("\xff\xfe no HTTP", b""),
    ],
)
def test_what_makes_no_sense_is_the_askers_mistake_and_fills_no_log(
    scene: Scene, caplog: pytest.LogCaptureFixture, head: str, body: bytes
) -> None:
    if "Encoding" not in head:
        head += f"\r\nContent-Length: {len(body)}"
    with connect(scene) as sock:
        sock.sendall(f"{head}\r\n\r\n".encode("latin-1") + body)
        status = sock.recv(4096).split()[1]
    assert status in (b"400", b"401", b"403")
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_connection_that_says_nothing_is_ended(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorman, "HEAD_S", 0.2)
    with connect(scene) as silent:
        assert ended(silent)


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorman, "HEAD_S", 0.5)
    began = time.monotonic()
    with connect(scene) as loris, pytest.raises(ConnectionError):
        dribble(loris, b"GET /login HTTP/1.1\r\n" + b"X-Header: never ends\r\n" * 100)
    assert time.monotonic() - began < 5


def dribble(sock: socket.socket, data: bytes) -> None:
    for byte in data:
        sock.send(bytes([byte]))
        time.sleep(0.02)


def test_a_body_that_comes_byte_by_byte_is_not_waited_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorman, "BODY_S", 0.3)
    form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n"
    with connect(scene) as loris:
        loris.sendall(f"POST /login HTTP/1.1\r\nHost: localhost\r\n{form}\r\nuser=".encode())
        assert b" 408 " in loris.recv(4096)


def test_who_asks_again_in_time_keeps_the_connection(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorman, "HEAD_S", 0.3)
    with connect(scene) as patient:
        for _ in range(3):
            patient.sendall(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 200 " in patient.recv(65536)
            time.sleep(0.4)


@contextmanager
def crowd(scene: Scene, size: int) -> Iterator[None]:
    """So many connections of another process that ask for nothing."""
    command = [sys.executable, "-c", MANY, str(scene.port), str(size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        yield
        process.communicate()


@pytest.fixture
def tls_scene(tmp_path: Path, address: BrokerAddress, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(doorman, "HEAD_S", 3.0)
    with staged(make_settings(tmp_path, gateway={"https": True}), address) as scene:
        yield scene


def test_who_never_begins_with_tls_is_ended(tls_scene: Scene) -> None:
    with connect(tls_scene) as silent:
        assert ended(silent)


def test_who_never_begins_with_tls_takes_little_memory(tls_scene: Scene) -> None:
    before, files = resident(), open_files()
    with crowd(tls_scene, 1000):
        eventually(lambda: open_files() >= files + 1000, "they are there")
        assert resident() - before < 1000 * 120_000
    eventually(lambda: open_files() <= files, "they are let go")


def test_ten_thousand_idle_connections_are_in_nobodys_way(scene: Scene) -> None:
    viewer = scene.viewer()
    scene.watched()
    before = resident()
    with crowd(scene, IDLE):
        _nobody_is_hindered(scene, viewer)
        assert resident() - before < 200_000_000


def _nobody_is_hindered(scene: Scene, viewer: Viewer) -> None:
    answered = time.monotonic()
    assert scene.browser().get("/api/cameras", BASIC).status == 200
    assert time.monotonic() - answered < 5
    jpeg = scene.show(1000)
    eventually(lambda: viewer.shows(jpeg), "who watched goes on watching")
    newcomer = scene.viewer()
    jpeg = scene.show(1001)
    eventually(lambda: newcomer.shows(jpeg), "somebody new can watch")


def test_a_viewer_who_reads_one_byte_a_second_delays_nobody_and_is_given_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "DEAD_S", 1.5)
    with connect(scene) as loris:
        loris.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        headers = "".join(f"{name}: {value}\r\n" for name, value in BASIC.items())
        loris.sendall(f"GET /stream.jpg HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
        quick = scene.viewer()
        scene.watched()
        began, sequence = time.monotonic(), 1000
        while scene.service.account()["door"].model_dump()["viewers"] == 2:
            assert time.monotonic() - began < 10
            jpeg, shown = scene.show(sequence := sequence + 1, size=300_000), time.monotonic()
            eventually(lambda: quick.shows(jpeg), "the other sees it")  # noqa: B023 - at once
            assert time.monotonic() - shown < 1
            loris.recv(1)
        eventually(lambda: quick.shows(jpeg), "the other goes on")


#: In the network of another machine: opens these addresses, reads from each, says so, and sleeps.
ELSEWHERE = """
import socket, sys, time
host, port, login, *paths = sys.argv[1:]
kept = []
for path in paths:
    sock = socket.create_connection((host, int(port)))
    sock.sendall(f"GET {path} HTTP/1.1\\r\\nHost: nightjar\\r\\nAuthorization: {login}\\r\\n\\r\\n".encode())
    assert b" 200 " in sock.recv(100)
    kept.append(sock)
print("there", flush=True)
time.sleep(60)
"""


@pytest.fixture
def other_machine() -> Iterator[OtherMachine]:
    with OtherMachine() as machine:
        yield machine


def test_who_vanishes_with_its_machine_is_given_up(
    tmp_path: Path, address: BrokerAddress, other_machine: OtherMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing says that it has gone: what it was sent is not acknowledged, and that is all."""
    monkeypatch.setattr(taking, "DEAD_S", 2.0)
    monkeypatch.setattr(sse, "BEAT_S", 0.5)
    with staged(make_settings(tmp_path, gateway={"listen": f"{other_machine.here}:0"}), address) as scene:
        there = [other_machine.here, str(scene.port), BASIC["Authorization"], "/stream.jpg", "/api/events"]
        with other_machine.python(ELSEWHERE, *there) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "there\n"
            assert (viewers(scene), len(scene.service._state.feeds)) == (1, 1)
            other_machine.vanish()

            def nobody_watches() -> bool:
                scene.show(1, size=100)  # no buffer is ever full of these
                time.sleep(0.1)
                return viewers(scene) == 0

            eventually(nobody_watches, "nobody watches")
            eventually(lambda: len(scene.service._state.feeds) == 0, "nobody listens")


def test_a_viewer_who_only_closes_its_own_side_has_left(scene: Scene) -> None:
    with LongAnswer(scene.port, "/stream.jpg") as half:
        scene.watched()
        assert viewers(scene) == 1
        half.half_close()
        eventually(lambda: viewers(scene) == 0, "nobody watches")


def test_a_viewer_who_talks_is_not_listened_to(scene: Scene) -> None:
    with LongAnswer(scene.port, "/stream.jpg") as talker:
        scene.watched()
        talker.say(b"GET /api/cameras HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)
        scene.show(1000)
        assert 1000 in (part.sequence for part in talker.parts())


def test_hundreds_who_come_and_go_leave_nothing_behind(scene: Scene) -> None:
    keeper = scene.viewer()
    scene.watched()
    for _ in range(3):
        with ExitStack() as crowd:
            for _ in range(100):
                crowd.enter_context(LongAnswer(scene.port, "/stream.jpg"))
            jpeg = scene.show(1000)
            eventually(lambda: keeper.shows(jpeg), "it is shown")  # noqa: B023 - at once
            eventually(lambda: viewers(scene) == 101, "they all watch")
        eventually(lambda: viewers(scene) == 1, "they have all left")
    assert len(scene.service._fanout) == 1


def viewers(scene: Scene) -> int:
    return int(scene.service.account()["door"].model_dump()["viewers"])
