"""Which camera a URL means: a new kind is one module and one line here."""

from services.capture.cameras.camera import Camera, CameraMisconfigured, CameraOptions, NextNumber
from services.capture.cameras.demo import DemoCamera
from services.capture.cameras.edited import Edited
from services.capture.cameras.exec import ExecCamera
from services.capture.cameras.file import FileCamera
from services.capture.cameras.http import HttpCamera
from services.capture.cameras.push import PushCamera
from services.capture.cameras.rtsp import RtspCamera
from services.capture.cameras.v4l2 import V4l2Camera
from services.capture.cameras.watched import Watched
from services.contract.urls import check_camera_url, parse_demo, parse_v4l2, scheme_of


def open_camera(
    url: str,
    options: CameraOptions | None = None,
    next_number: NextNumber | None = None,
    pushed: PushCamera | None = None,
) -> Camera:
    """The camera behind the URL; nothing is connected yet. Raises `CameraMisconfigured` with a sentence.

    `next_number` says which number the next picture will get, for a camera that writes it into the picture.
    `pushed` is where the caller hands in the pictures of a `push:` or `mqtt:` camera.
    """
    options = options or CameraOptions()
    if wrong := check_camera_url(url):
        raise CameraMisconfigured(wrong)
    camera = _source(url, options, next_number, pushed)
    return Edited(camera, options) if options.edits else camera


def _source(
    url: str, options: CameraOptions, next_number: NextNumber | None, pushed: PushCamera | None
) -> Camera:
    """What is drawn, played or decoded here cannot freeze; what passes JPEGs through is watched."""
    camera: Camera
    match scheme_of(url):
        case "demo":
            return DemoCamera(parse_demo(url), options, next_number)
        case "file":
            return FileCamera(url, options)
        case "rtsp" | "rtsps":
            return RtspCamera(url, options)
        case "exec":
            camera = ExecCamera(url, options)
        case "v4l2":
            camera = V4l2Camera(parse_v4l2(url), options)
        case "mqtt" | "push":
            camera = pushed or PushCamera(options)
        case _:
            camera = HttpCamera(url, options)
    return Watched(camera, options)
