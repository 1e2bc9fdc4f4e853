"""From a camera's settings to the camera."""

from dataclasses import replace

from services.capture.cameras import (
    Camera,
    CameraOptions,
    Edits,
    NextNumber,
    PushCamera,
    StepsOf,
    open_camera,
)
from services.contract import topics as leaf
from services.contract.settings import CameraSettings, CaptureSettings
from services.contract.topics import Topics
from services.contract.urls import parse_pushed, scheme_of


def open_configured(
    name: str, settings: CameraSettings, pushed: PushCamera | None, next_number: NextNumber, steps: StepsOf
) -> Camera:
    """The camera as it is configured; nothing is connected yet."""
    return open_camera(settings.url, _options(name, settings.capture, steps), next_number, pushed)


def pushed_camera(name: str, settings: CameraSettings) -> PushCamera | None:
    """What takes the pictures of a camera that sends them itself; None for any other."""
    if scheme_of(settings.url) not in {"push", "mqtt"}:
        return None
    return PushCamera(_options(name, settings.capture))


def pushed_topic(name: str, settings: CameraSettings, topics: Topics) -> str:
    """Where such a camera sends them."""
    return parse_pushed(settings.url) or topics.frames(name, leaf.INGEST)


def _options(name: str, own: CaptureSettings, steps: StepsOf | None = None) -> CameraOptions:
    options = CameraOptions(
        max_fps=own.fps,
        quality=own.quality,
        rtsp_transport=own.rtsp_transport,
        verify_tls=own.verify_tls,
        ca_file=own.ca_file,
        certificate_sha256=own.certificate_sha256,
        token=own.token.get_secret_value(),
        connect_timeout_s=own.connect_timeout,
        stall_timeout_s=own.stall_timeout,
        frozen_timeout_s=own.frozen_timeout,
        edits=_edits(own),
        name=name,
    )
    return replace(options, steps=steps) if steps else options


def _edits(own: CaptureSettings) -> Edits:
    return Edits(
        masks=tuple(tuple(corners) for corners in own.masks.values()),
        crop=own.crop,
        rotate=own.rotate,
        width=own.width,
        height=own.height,
        timestamp=own.timestamp,
    )
