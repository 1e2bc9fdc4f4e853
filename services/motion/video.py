"""Reads a recorded video as small gray pictures, the way live frames are read."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import cast

import cv2

from services.motion.decode import Gray, UndecodableFrame, decode_gray, fit

_MJPEG = cv2.VideoWriter.fourcc(*"MJPG")
_MOST_FPS = 240


def quiet() -> None:
    """What is broken in a video is told by us, not by OpenCV."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)


class NotAVideo(ValueError):
    """There is no video that can be read; the text is one sentence."""


class Video:
    """A recorded video, read as gray pictures the way live frames are: Motion-JPEG without a full decode."""

    def __init__(self, path: str, working_height: int = 144) -> None:
        """Raises `NotAVideo`."""
        if not Path(path).is_file():
            raise NotAVideo(f"there is no file {path}")
        self._capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise NotAVideo(f"{path} is no video that can be read")
        self._working_height = working_height
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0 < fps <= _MOST_FPS else 25.0
        #: How many frames the file says that it has; 0 where it does not say.
        self.frames = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        mjpeg = int(self._capture.get(cv2.CAP_PROP_FOURCC)) == _MJPEG
        self._raw = mjpeg and self._capture.set(cv2.CAP_PROP_FORMAT, -1)

    def pictures(self) -> Iterator[Gray | None]:
        """Each frame as the detector wants it; None for one that is broken."""
        for _, develop in self.frames_in_turn():
            try:
                yield develop(self._working_height)
            except UndecodableFrame:
                yield None

    def frames_in_turn(self) -> Iterator[tuple[int | None, Callable[[int], Gray]]]:
        """Each frame: its size in bytes where it is JPEG, and what makes a gray picture of it."""
        try:
            while True:
                there, frame = self._capture.read()
                if not there:
                    return
                if self._raw:
                    yield frame.size, partial(decode_gray, frame.tobytes())
                else:
                    yield None, partial(_full, cast("Gray", frame))
        finally:
            self._capture.release()


def _full(frame: Gray, working_height: int) -> Gray:
    gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) if frame.ndim == 3 else frame
    return fit(cast("Gray", gray), working_height)
