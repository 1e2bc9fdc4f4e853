"""Which camera a URL means: a new kind is one module and one line here."""

from services.capture.cameras.camera import Camera, CameraMisconfigured, CameraOptions, NextNumber
from services.capture.cameras.demo import DemoCamera
from services.capture.cameras.file import FileCamera
from services.capture.cameras.http import HttpCamera
from services.capture.cameras.rtsp import RtspCamera
from services.contract.urls import check_camera_url, parse_demo, scheme_of


def open_camera(
    url: str, options: CameraOptions | None = None, next_number: NextNumber | None = None
) -> Camera:
    """The camera behind the URL; nothing is connected yet. Raises `CameraMisconfigured` with a sentence.

    `next_number` says which number the next picture will get, for a camera that writes it into the picture.
    """
    options = options or CameraOptions()
    if wrong := check_camera_url(url):
        raise CameraMisconfigured(wrong)
    match scheme_of(url):
        case "demo":
            return DemoCamera(parse_demo(url), options, next_number)
        case "file":
            return FileCamera(url, options)
        case "http" | "https":
            return HttpCamera(url, options)
        case _:
            return RtspCamera(url, options)
