"""`file:` cameras: a video file played as if it were a camera, its JPEGs untouched where it holds JPEGs."""

import math
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from services.capture.cameras.avi import AviHeader, NotMjpegAvi, read_frames, read_header
from services.capture.cameras.camera import CameraLost, CameraMisconfigured, CameraOptions, Picture, utc_now
from services.capture.cameras.encode import encode
from services.capture.cameras.jpeg import complete
from services.capture.cameras.pace import FpsLimit, Pace
from services.contract.urls import missing_file, parse_file

Wanted = Callable[[], bool]


class Clip(Protocol):
    """A video that can be gone through again and again."""

    fps: float

    def frames(self, wanted: Wanted) -> Iterator[bytes | None]:
        """One entry per frame: its JPEG, or None where it has none or `wanted`, asked once, says no."""
        ...


class JpegClip:
    """A Motion-JPEG AVI: the JPEGs come out as they went in, apart from Huffman tables that are missing."""

    def __init__(self, path: Path, header: AviHeader, max_bytes: int) -> None:
        self.fps = header.fps
        self._path, self._header, self._max_bytes = path, header, max_bytes

    def frames(self, wanted: Wanted) -> Iterator[bytes | None]:
        try:
            with self._path.open("rb") as file:
                for jpeg in read_frames(file, self._header, self._max_bytes):
                    yield complete(jpeg) if jpeg is not None and wanted() else None
        except OSError as error:
            raise _unreadable(self._path, error) from error


class DecodedClip:
    """Whatever else FFmpeg reads, encoded anew."""

    def __init__(self, path: Path, quality: int) -> None:
        self._path, self._quality = path, quality
        capture = self._open()
        fps = capture.get(cv2.CAP_PROP_FPS)
        capture.release()
        self.fps = fps if math.isfinite(fps) and 0 < fps <= 1000 else 25.0

    def frames(self, wanted: Wanted) -> Iterator[bytes | None]:
        capture = self._open()
        try:
            while capture.grab():
                ok, image = capture.retrieve() if wanted() else (False, None)
                yield encode(np.asarray(image, np.uint8), self._quality) if ok else None
        finally:
            capture.release()

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise CameraMisconfigured(
                f'"{self._path}" is no video that can be read; give an MP4, MKV or AVI file'
            )
        return capture


class FileCamera:
    """Plays the file in a loop or once, in real time or as fast as it is taken.

    As fast as possible, a picture's time is that of the video's own clock, which begins now. In either
    speed, times go on over a loop's end.
    """

    def __init__(self, url: str, options: CameraOptions, now: Callable[[], datetime] = utc_now) -> None:
        self.skipped = 0
        self._url, self._file, self._options, self._now = url, parse_file(url), options, now

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        clip = self._open()
        pace = Pace(clip.fps)
        started, step = self._now(), 0
        limit = FpsLimit(self._options.max_fps, clock=lambda: step / clip.fps)
        while True:
            first = step
            for jpeg in clip.frames(limit.allows):
                if not (self._file.fast or pace.wait(stop)) or stop.is_set():
                    return
                if jpeg is not None:
                    yield Picture(
                        jpeg, started + timedelta(seconds=step / clip.fps) if self._file.fast else self._now()
                    )
                step += 1
            if step == first:
                raise CameraMisconfigured(f'"{self._file.path}" holds no pictures')
            if not self._file.loop:
                return

    def _open(self) -> Clip:
        if missing := missing_file(self._url):
            raise CameraMisconfigured(missing)
        path = self._file.path
        try:
            with path.open("rb") as file:
                return JpegClip(path, read_header(file), self._options.max_bytes)
        except NotMjpegAvi:
            return DecodedClip(path, self._options.quality)
        except OSError as error:
            raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> CameraLost | CameraMisconfigured:
    if isinstance(error, PermissionError):
        return CameraMisconfigured(f'"{path}" may not be read; let the user of this service read it')
    return CameraLost(f'"{path}" cannot be read: {error.strerror}')
