"""The URL chooses the camera."""

import pytest

from services.capture.cameras import CameraMisconfigured, open_camera
from services.capture.cameras.demo import DemoCamera
from services.capture.cameras.file import FileCamera
from services.capture.cameras.http import HttpCamera
from services.capture.cameras.rtsp import RtspCamera
from services.contract.urls import KNOWN_SCHEMES

EXAMPLES = {
    "demo": ("demo:?size=320x180", DemoCamera),
    "file": ("file:/a.avi", FileCamera),
    "http": ("http://cam/", HttpCamera),
    "https": ("HTTPS://cam/", HttpCamera),
    "rtsp": ("rtsp://cam/", RtspCamera),
    "rtsps": ("rtsps://cam/", RtspCamera),
}


@pytest.mark.parametrize("scheme", KNOWN_SCHEMES)
def test_every_known_scheme_has_its_camera(scheme: str) -> None:
    url, kind = EXAMPLES[scheme]
    assert type(open_camera(url)) is kind


def test_a_bare_path_is_a_file() -> None:
    assert isinstance(open_camera("videos/a.avi"), FileCamera)


def test_an_unknown_scheme_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(CameraMisconfigured, match=r"use demo:, file:, http:, https:, rtsp: or rtsps:$"):
        open_camera("gopher://cam/")
