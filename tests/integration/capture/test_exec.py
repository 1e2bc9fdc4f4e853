"""Programs as cameras: what they write comes through, and nothing of them is left behind."""

import logging
import shutil
import socket
import threading
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from services.capture.cameras import (
    CameraLost,
    CameraMisconfigured,
    CameraOptions,
    Edits,
    open_camera,
)
from tests.integration.capture.programs import alive, need, program, stream
from tests.unit.capture.cameras.pictures import decode, jpeg, with_thumbnail, without_tables

FRAMES = [jpeg(seed) for seed in range(6)]
QUICK = CameraOptions(connect_timeout_s=2, stall_timeout_s=0.4, name="yard")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for n, frame in enumerate(FRAMES):
        (tmp_path / f"{n}.jpg").write_bytes(frame)
    return [tmp_path / f"{n}.jpg" for n in range(6)]


def take(command: str, count: int, options: CameraOptions = QUICK) -> list[bytes]:
    camera = open_camera(f"exec:{command}", options)
    return [picture.jpeg for picture in islice(camera.pictures(threading.Event()), count)]


def failure(command: str, error: type[Exception], options: CameraOptions = QUICK) -> str:
    with pytest.raises(error) as raised:
        take(command, 1000, options)
    return str(raised.value)


def soon(true: Callable[[], bool], within_s: float = 3.0) -> bool:
    until = time.monotonic() + within_s
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


def test_bare_jpegs_pass_through_byte_for_byte(files: list[Path]) -> None:
    assert take(program(stream(), files), 12) == FRAMES * 2


def test_a_multipart_stream_passes_through_byte_for_byte(files: list[Path]) -> None:
    code = """
for frame in frames:
    out.write(b"--ffmpeg\\r\\nContent-type: image/jpeg\\r\\n")
    out.write(b"Content-length: %d\\r\\n\\r\\n" % len(frame) + frame + b"\\r\\n")
    out.flush()
time.sleep(30)
"""
    assert take(program(code, files), 6) == FRAMES


def test_a_thumbnail_inside_a_picture_is_not_its_end(files: list[Path]) -> None:
    files[0].write_bytes(with_thumbnail(FRAMES[0]))
    assert take(program(stream(), files), 2) == [with_thumbnail(FRAMES[0]), FRAMES[1]]


def test_huffman_tables_are_put_in_and_edits_made(files: list[Path]) -> None:
    files[0].write_bytes(without_tables(FRAMES[0]))
    [whole] = take(program(stream(), files), 1)
    assert without_tables(whole) == without_tables(FRAMES[0]) != whole
    [edited] = take(program(stream(), files), 1, CameraOptions(edits=Edits(rotate=90)))
    assert decode(edited).shape == (64, 48, 3)


def test_half_a_picture_is_left_out_and_counted(files: list[Path]) -> None:
    files[1].write_bytes(FRAMES[1][:-400])
    camera = open_camera(f"exec:{program(stream(), files)}", QUICK)
    pictures = [picture.jpeg for picture in islice(camera.pictures(threading.Event()), 2)]
    assert pictures == [FRAMES[0], FRAMES[2]]
    assert camera.skipped == 1


def test_a_limit_holds(files: list[Path]) -> None:
    began = time.monotonic()
    take(program(stream(), files), 4, CameraOptions(max_fps=10))
    assert 0.28 < time.monotonic() - began < 1.5


def test_a_program_that_is_not_there_gets_its_sentence() -> None:
    assert failure("no-such-program -x", CameraMisconfigured) == (
        'there is no program "no-such-program"; install it, or write its whole path'
    )


def test_a_file_that_is_no_program_gets_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("hello")
    assert failure(f"{tmp_path}/notes", CameraMisconfigured) == (
        f'the program "{tmp_path}/notes" cannot be started: Permission denied'
    )


def test_a_program_that_ends_is_lost_and_its_last_words_are_told_without_secrets() -> None:
    code = "print('cannot open rtsp://admin:hunter2@cam/live', file=sys.stderr); sys.exit(3)"
    assert failure(program(code), CameraLost).partition(" ")[2] == (
        "ended with exit code 3: cannot open rtsp://***@cam/live"
    )


def test_a_program_that_is_killed_says_by_what(files: list[Path]) -> None:
    code = "out.write(frames[0]); out.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    assert failure(program(code, files), CameraLost).partition(" ")[2] == "was ended by SIGKILL"


def test_a_program_that_says_nothing_is_lost(files: list[Path]) -> None:
    code = "out.write(frames[0]); out.flush(); time.sleep(30)"
    began = time.monotonic()
    assert failure(program(code, files), CameraLost).partition(" ")[2] == "writes nothing for 0.4 s"
    assert time.monotonic() - began < 3


def test_a_program_that_writes_anything_but_pictures_is_lost() -> None:
    code = "\nwhile True:\n    out.write(b'no picture'); out.flush(); time.sleep(0.02)"
    assert failure(program(code), CameraLost).partition(" ")[2] == "sends data, but no JPEG among it"


def test_what_it_writes_to_standard_error_is_in_the_log_and_no_flood(
    files: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    code = "[print('line', n, 'http://a:b@c/', file=sys.stderr) for n in range(500)]; sys.stderr.flush()"
    take(program(code + stream(), files), 12)
    lines = [line for line in caplog.messages if line.startswith("yard: ")]
    assert lines[0].endswith(": line 0 http://***@c/")
    assert len(lines) == 10


def test_it_is_started_anew_for_the_next_connection(files: list[Path]) -> None:
    code = "[(out.write(frame), out.flush()) for frame in frames]"
    camera = open_camera(f"exec:{program(code, files)}", QUICK)
    for _ in range(2):
        came: list[bytes] = []
        with pytest.raises(CameraLost, match=r"ended with exit code 0$"):
            came.extend(picture.jpeg for picture in camera.pictures(threading.Event()))
        assert came == FRAMES


STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-S", "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"])
open(sys.argv[1], "w").write(f"{os.getpid()} {child.pid}")
"""


@pytest.mark.parametrize("polite", [True, False])
@pytest.mark.parametrize("how", ["stop", "close", "stall"])
def test_nothing_of_it_is_left_behind(files: list[Path], tmp_path: Path, how: str, polite: bool) -> None:
    code = STUBBORN if not polite else STUBBORN.replace("signal.SIG_IGN", "signal.SIG_DFL")
    pids = tmp_path / "pids"
    goes_on = stream() if how != "stall" else "out.write(frames[0]); out.flush(); time.sleep(60)"
    stop = threading.Event()
    camera = open_camera(f"exec:{program(code + goes_on, files)} {pids}", QUICK)
    pictures = camera.pictures(stop)
    next(pictures)
    both = [int(pid) for pid in pids.read_text().split()]
    assert all(alive(pid) for pid in both)
    began = time.monotonic()
    if how == "stop":
        stop.set()
        list(pictures)
    elif how == "close":
        pictures.close()  # type: ignore[attr-defined] # it is a generator
    else:
        with pytest.raises(CameraLost):
            list(pictures)
    assert time.monotonic() - began < (1.0 if polite else 2.5)
    assert soon(lambda: not any(alive(pid) for pid in both))


def test_it_sees_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTJAR_MQTT__PASSWORD", "hunter2")
    monkeypatch.setenv("HOME_OF_CAMERA", "yes")
    code = "sys.exit(f\"{os.environ.get('NIGHTJAR_MQTT__PASSWORD')} {os.environ['HOME_OF_CAMERA']}\")"
    assert failure(program(code), CameraLost).endswith("ended with exit code 1: None yes")


def test_stop_is_prompt_before_the_first_picture() -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    assert list(open_camera(f"exec:{program('time.sleep(60)')}", QUICK).pictures(stop)) == []
    assert time.monotonic() - began < 0.8


@pytest.fixture
def ffmpeg() -> None:
    """Skips where the program is not there."""
    if not shutil.which("ffmpeg"):
        need("ffmpeg")


@pytest.mark.usefixtures("ffmpeg")
@pytest.mark.parametrize("form", ["mpjpeg", "mjpeg"])
def test_ffmpeg_is_a_camera(form: str) -> None:
    command = f"ffmpeg -loglevel error -re -f lavfi -i testsrc=size=320x240:rate=20 -c:v mjpeg -f {form} -"
    jpegs = take(command, 20, CameraOptions())
    assert {decode(picture).shape for picture in jpegs} == {(240, 320, 3)}
    assert len(set(jpegs)) > 15


@pytest.mark.usefixtures("ffmpeg")
def test_ffmpeg_is_a_camera_over_http_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    source = "-re -f lavfi -i testsrc=size=320x240:rate=20"
    server = open_camera(f"exec:ffmpeg -loglevel error {source} -f mpjpeg -listen 1 {url}", CameraOptions())
    stop = threading.Event()
    thread = threading.Thread(target=lambda: list(server.pictures(stop)))
    thread.start()
    try:
        until = time.monotonic() + 10
        while True:
            try:
                pictures = list(islice(open_camera(url).pictures(threading.Event()), 20))
                break
            except CameraLost:  # it does not listen yet
                assert time.monotonic() < until
                time.sleep(0.1)
        assert {decode(picture.jpeg).shape for picture in pictures} == {(240, 320, 3)}
        assert {picture.encoded_from for picture in pictures} == {""}
    finally:
        stop.set()
        thread.join(5)
