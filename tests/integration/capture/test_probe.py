"""The probe says what a camera delivers, or in one sentence why it does not."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.capture.mjpeg_server import MULTIPART, Connection, serving
from tests.integration.capture.rtsp_server import need_gstreamer, playing
from tests.unit.capture.cameras.pictures import decode, jpeg

ROOT = Path(__file__).parents[3]
FRAMES = [jpeg(seed) for seed in range(6)]


def probing(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "services", "probe", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def probe(*arguments: str) -> tuple[int, str, str]:
    with probing(*arguments) as process:
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err


def stream(connection: Connection) -> None:
    connection.send(MULTIPART)
    for n in range(1000):
        connection.part(FRAMES[n % 6])
        if connection.closing.wait(0.05):
            return


def test_it_says_what_comes_and_saves_a_snapshot(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    with serving(stream) as server:
        code, out, err = probe(
            server.url("/live?pwd=x", login="a:b@"), "--seconds", "1", "--snapshot", str(file)
        )
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"http://***@127.0.0.1:{server.port}/live?pwd=***"
    words = {line[2:14].strip(): line[15:] for line in lines[1:]}
    assert words["size"] == "64x48"
    assert float(words["rate"].split()[0]) == pytest.approx(19, abs=4)
    assert words["comes as"] == "JPEG; it passes through as it is, neither decoded nor encoded"
    assert words["snapshot"] == str(file)
    assert file.read_bytes() in FRAMES


def test_what_is_encoded_here_is_said_to_be_so(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    code, out, _ = probe("demo:?size=320x180&fps=10", "--seconds", "0.5", "--snapshot", str(file))
    assert code == 0
    assert "a drawing; it is encoded here, as JPEG of quality 85" in out
    assert decode(file.read_bytes()).shape == (180, 320, 3)


@pytest.mark.real
def test_a_camera_that_ffmpeg_still_reads_from_is_no_hindrance_to_the_end() -> None:
    """Its thread comes back while the process ends, which Python does not bear."""
    need_gstreamer()
    with playing() as (url, _):
        for _ in range(3):
            code, out, err = probe(url, "--seconds", "0.3")
            assert (code, err) == (0, "")
            assert "H.264; it is encoded here" in out


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://127.0.0.1:1/", "127.0.0.1:1 refuses the connection"),
        (
            "exec:no-such-program",
            'there is no program "no-such-program"; install it, or write its whole path',
        ),
        ("gopher://cam/", 'there is no camera of the kind "gopher:"; use'),
        ("mqtt:garage", "the pictures of such a camera come by themselves: there is nothing to connect to"),
    ],
)
def test_a_failure_is_one_sentence(url: str, sentence: str) -> None:
    code, _, err = probe(url)
    assert code == 1
    assert err.startswith(f"nightjar: {sentence}")
    assert err.count("\n") == 1


def test_a_camera_that_stalls_is_waited_for_only_so_long() -> None:
    with serving(Connection.hang) as server:
        code, _, err = probe(server.url(), "--timeout", "0.5")
    assert (code, err) == (1, f"nightjar: nothing came from 127.0.0.1:{server.port} for 0.5 s\n")


def test_a_snapshot_that_cannot_be_written_is_said_to_be_so(tmp_path: Path) -> None:
    with serving(stream) as server:
        code, _, err = probe(server.url(), "--seconds", "0.2", "--snapshot", f"{tmp_path}/no/a.jpg")
    assert (code, err) == (
        1, f'nightjar: the snapshot cannot be written to "{tmp_path}/no/a.jpg": No such file or directory\n'
    )  # fmt: skip


def test_ctrl_c_ends_it_with_what_came_so_far() -> None:
    with serving(stream) as server, probing(server.url(), "--seconds", "60") as process:
        until = time.monotonic() + 20
        while not server.requests and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.4)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (130, "")
    assert "64x48" in out
