"""Sources of pictures: each kind of camera behind one seam, chosen by URL."""

from services.capture.cameras.camera import (
    Camera,
    CameraLost,
    CameraMisconfigured,
    CameraOptions,
    CameraSilent,
    NextNumber,
    Picture,
)
from services.capture.cameras.edits import Edits
from services.capture.cameras.open import open_camera
from services.capture.cameras.pace import StepsOf
from services.capture.cameras.push import PushCamera

__all__ = [
    "Camera",
    "CameraLost",
    "CameraMisconfigured",
    "CameraOptions",
    "CameraSilent",
    "Edits",
    "NextNumber",
    "Picture",
    "PushCamera",
    "StepsOf",
    "open_camera",
]
