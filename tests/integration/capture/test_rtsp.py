"""RTSP from a real server: H.264 over TCP and UDP, with a login, and with a server that hangs or goes."""

import threading
import time
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.capture.cameras import CameraLost, CameraMisconfigured, CameraOptions, Edits, open_camera
from tests.integration.capture.rtsp_server import need_gstreamer, playing
from tests.integration.capture.test_https import self_signed
from tests.unit.capture.cameras.pictures import avi, decode, jpeg

QUICK = CameraOptions(connect_timeout_s=5.0, stall_timeout_s=1.0)

pytestmark = pytest.mark.real


@pytest.fixture(scope="module", autouse=True)
def gstreamer() -> None:
    need_gstreamer()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_pictures_come_at_the_cameras_rate(transport: str) -> None:
    options = CameraOptions(rtsp_transport="udp" if transport == "udp" else "tcp", quality=60)
    with playing("--transport", transport) as (url, _):
        camera = open_camera(url, options)
        stop = threading.Event()
        pictures = camera.pictures(stop)
        next(pictures)  # FFmpeg needs a second or two until the first
        began = time.monotonic()
        jpegs = [picture.jpeg for picture in islice(pictures, 20)]
        assert 0.9 < time.monotonic() - began < 3.0
        assert [thread.name for thread in threading.enumerate() if thread.name.startswith("rtsp-")] == [
            "rtsp-127.0.0.1"
        ]
        stop.set()
        assert list(pictures) == []
    assert decode(jpegs[0]).shape == (360, 640, 3)
    assert len(set(jpegs)) == 20


@pytest.mark.parametrize(("codec", "name"), [("h265", "H.265"), ("jpeg", "Motion JPEG")])
def test_other_codecs_are_decoded_too(codec: str, name: str) -> None:
    with playing("--codec", codec) as (url, _):
        pictures = list(islice(open_camera(url).pictures(threading.Event()), 3))
    assert {decode(picture.jpeg).shape for picture in pictures} == {(360, 640, 3)}
    assert {picture.encoded_from for picture in pictures} == {name}


def test_an_encrypted_stream_is_played_whoever_signed_its_certificate(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, "IP:127.0.0.1")
    key = certificate.with_name("key.pem")
    login = ("--login", "admin:secret")
    with playing("--certificate", certificate, "--key", key, *login) as (url, _):
        assert url.startswith("rtsps://")
        inside = url.replace("//", "//admin:secret@")
        assert len(list(islice(open_camera(inside).pictures(threading.Event()), 3))) == 3
        assert "refuses the login" in failure(url.replace("//", "//admin:wrong@"), CameraMisconfigured)


def test_edits_are_in_every_picture() -> None:
    options = CameraOptions(edits=Edits(masks=(((0, 0), (1, 0), (1, 1), (0, 1)),), width=320))
    with playing() as (url, _):
        [picture] = islice(open_camera(url, options).pictures(threading.Event()), 1)
    assert decode(picture.jpeg).shape == (180, 320, 3)
    assert decode(picture.jpeg).max() == 0
    assert picture.encoded_from == "H.264"


def test_a_limit_holds() -> None:
    with playing() as (url, _):
        pictures = open_camera(url, CameraOptions(max_fps=3)).pictures(threading.Event())
        next(pictures)
        next(pictures)
        began = time.monotonic()
        list(islice(pictures, 4))
        assert 0.9 < time.monotonic() - began < 2.0


def test_a_video_file_is_played(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(avi([jpeg(1, 320, 240)] * 60, rate=15))
    with playing("--file", path, "--width", "320", "--height", "240") as (url, _):
        [picture] = islice(open_camera(url).pictures(threading.Event()), 1)
    difference = cv2.absdiff(decode(picture.jpeg), decode(jpeg(1, 320, 240)))
    assert float(np.mean(difference)) < 12


def test_a_login_in_the_url_is_used_and_a_wrong_one_told() -> None:
    with playing("--login", "admin:secret") as (url, _):
        assert (
            len(
                list(islice(open_camera(url.replace("//", "//admin:secret@")).pictures(threading.Event()), 1))
            )
            == 1
        )
        assert failure(url.replace("//", "//admin:wrong@"), CameraMisconfigured) == (
            "127.0.0.1 refuses the login; check user and password in the URL"
        )
        assert failure(url, CameraMisconfigured) == (
            "127.0.0.1 asks for a login; write it into the URL: rtsp://user:password@…"
        )


def test_a_wrong_path_is_told() -> None:
    with playing() as (url, _):
        assert failure(url.replace("/camera", "/nothing"), CameraMisconfigured) == (
            "127.0.0.1 answers 404 Not Found; check the URL's path"
        )


def test_a_server_that_hangs_is_lost_in_time() -> None:
    with playing("--silent-after", "3") as (url, _):
        pictures = open_camera(url, QUICK).pictures(threading.Event())
        next(pictures)
        with pytest.raises(CameraLost, match=r"^127\.0\.0\.1 sends no more pictures$"):
            list(pictures)


def test_a_server_that_dies_is_lost_and_then_refuses() -> None:
    with playing() as (url, server):
        camera = open_camera(url, QUICK)
        pictures = camera.pictures(threading.Event())
        next(pictures)
        server.kill()
        with pytest.raises(CameraLost, match="sends no more pictures"):
            list(pictures)
        assert "refuses the connection" in failure(url, CameraLost)


def test_a_server_that_dies_and_comes_back_gives_pictures_again() -> None:
    options = CameraOptions(connect_timeout_s=5.0, stall_timeout_s=1.0, quality=60)
    with playing() as (url, server):
        camera = open_camera(url, options)
        pictures = camera.pictures(threading.Event())
        next(pictures)
        server.kill()
        with pytest.raises(CameraLost):
            list(pictures)
    with playing("--port", url.rpartition(":")[2].partition("/")[0]) as (again, _):
        assert again == url
        assert len(list(islice(camera.pictures(threading.Event()), 5))) == 5


def test_stop_is_prompt_while_ffmpeg_still_opens() -> None:
    with playing() as (url, _):
        stop = threading.Event()
        threading.Timer(0.5, stop.set).start()
        began = time.monotonic()
        assert list(open_camera(url).pictures(stop)) == []
        assert time.monotonic() - began < 1.0


def failure(url: str, error: type[Exception]) -> str:
    with pytest.raises(error) as raised:
        next(open_camera(url, QUICK).pictures(threading.Event()))
    return str(raised.value)
