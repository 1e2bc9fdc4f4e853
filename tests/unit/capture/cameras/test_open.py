"""The URL chooses the camera."""

import threading
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.capture.cameras import CameraMisconfigured, CameraOptions, Edits, PushCamera, open_camera
from services.capture.cameras.demo import DemoCamera
from services.capture.cameras.edited import Edited
from services.capture.cameras.edits import Polygon
from services.capture.cameras.encode import encode
from services.capture.cameras.file import FileCamera
from services.capture.cameras.rtsp import RtspCamera
from services.capture.cameras.watched import Watched
from services.contract.urls import KNOWN_SCHEMES
from tests.unit.capture.cameras.pictures import avi, decode
from tests.unit.capture.cameras.scripted import NOW

EXAMPLES = {
    "demo": ("demo:?size=320x180", DemoCamera),
    "exec": ("exec:cat x.mjpeg", Watched),
    "file": ("file:/a.avi", FileCamera),
    "http": ("http://cam/", Watched),
    "https": ("HTTPS://cam/", Watched),
    "mqtt": ("mqtt:nightjar-devices/garage", Watched),
    "push": ("push:", Watched),
    "rtsp": ("rtsp://cam/", RtspCamera),
    "rtsps": ("rtsps://cam/", RtspCamera),
    "v4l2": ("v4l2:/dev/video0", Watched),
}


@pytest.mark.parametrize("scheme", KNOWN_SCHEMES)
def test_every_known_scheme_has_its_camera(scheme: str) -> None:
    url, kind = EXAMPLES[scheme]
    assert type(open_camera(url)) is kind


def test_only_a_camera_with_edits_is_edited() -> None:
    assert not isinstance(open_camera("http://cam/"), Edited)
    assert isinstance(open_camera("http://cam/", CameraOptions(edits=Edits(rotate=90))), Edited)


def test_a_bare_path_is_a_file() -> None:
    assert isinstance(open_camera("videos/a.avi"), FileCamera)


def test_an_unknown_scheme_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(CameraMisconfigured, match=r"use demo:, exec:, .*rtsps: or v4l2:$"):
        open_camera("gopher://cam/")


@pytest.mark.parametrize("source", ["demo", "jpeg", "png", "motion jpeg", "mpeg-4", "push"])
def test_no_source_gives_a_picture_without_its_masks(source: str, tmp_path: Path) -> None:
    pixels = np.full((192, 320, 3), 255, np.uint8)
    left: Polygon = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
    options = CameraOptions(edits=Edits(masks=(left,)))
    pushed = PushCamera(options)
    url = f"file:{tmp_path}/*?speed=fast"
    match source:
        case "demo":
            url = "demo:?size=320x192"
        case "jpeg":
            (tmp_path / "a.jpg").write_bytes(encode(pixels, 85))
        case "png":
            cv2.imwrite(str(tmp_path / "a.png"), pixels)
        case "motion jpeg":
            (tmp_path / "a.avi").write_bytes(avi([encode(pixels, 85)]))
            url = f"file:{tmp_path}/a.avi"
        case "mpeg-4":
            fourcc = cv2.VideoWriter.fourcc(*"mp4v")
            writer = cv2.VideoWriter(str(tmp_path / "a.mp4"), cv2.CAP_FFMPEG, fourcc, 10, (320, 192))
            writer.write(pixels)
            writer.release()
            url = f"file:{tmp_path}/a.mp4"
        case _:
            url = "push:"
            pushed.offer(encode(pixels, 85), NOW)
    [picture] = islice(open_camera(url, options, pushed=pushed).pictures(threading.Event()), 1)
    seen = decode(picture.jpeg)
    assert seen[:, :150].max() < 10
    assert seen[:, 170:].mean() > 100
    assert picture.encoded_from
