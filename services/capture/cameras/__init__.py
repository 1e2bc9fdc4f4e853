"""Sources of pictures: each kind of camera behind one seam, chosen by URL."""

from services.capture.cameras.camera import (
    Camera,
    CameraLost,
    CameraMisconfigured,
    CameraOptions,
    NextNumber,
    Picture,
)
from services.capture.cameras.open import open_camera

__all__ = [
    "Camera",
    "CameraLost",
    "CameraMisconfigured",
    "CameraOptions",
    "NextNumber",
    "Picture",
    "open_camera",
]
