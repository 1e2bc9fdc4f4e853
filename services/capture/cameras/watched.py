"""A camera that is believed only while its pictures are new ones."""

import math
import threading
import time
from collections.abc import Callable, Iterator

from services.capture.cameras.camera import Camera, CameraLost, CameraOptions, Picture
from services.contract.frame import NotAFrame, check, size

_SAME = 3  # so many pictures must be the same: a slow camera may repeat itself once


class Watched:
    """Lost when its pictures have been the same, byte for byte, for too long, or none of them was whole.

    A lens sees noise, so the same bytes mean that something behind it stands still. That holds for the
    camera's own JPEGs alone: a video's encoder leaves out the noise of a quiet scene.
    """

    def __init__(
        self, camera: Camera, options: CameraOptions, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._camera, self._clock = camera, clock
        self._patience_s, self._frozen_s = options.stall_timeout_s, options.frozen_timeout_s or math.inf
        self._broken = 0

    @property
    def skipped(self) -> int:
        return self._camera.skipped + self._broken

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        last, same, changed_s, whole_s = b"", 0, 0.0, math.inf
        for picture in self._camera.pictures(stop):
            now_s = self._clock()
            if not _is_whole(picture.jpeg):
                self._broken += 1
                whole_s = min(whole_s, now_s)
                if now_s - whole_s > self._patience_s:
                    raise CameraLost(f"no picture of it was whole for {self._patience_s:g} s")
                continue
            whole_s = now_s
            if picture.encoded_from or picture.jpeg != last:
                last, same, changed_s = picture.jpeg, 0, now_s
            else:
                same += 1
                if same >= _SAME and now_s - changed_s > self._frozen_s:
                    raise CameraLost(f"it is frozen: the very same picture for {self._frozen_s:g} s")
            yield picture


def _is_whole(jpeg: bytes) -> bool:
    try:
        check(jpeg)
        size(jpeg)
    except NotAFrame:
        return False
    return True
