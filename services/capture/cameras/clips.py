"""What a `file:` camera plays: a video, or pictures one after the other."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from services.capture.cameras.avi import AviHeader, read_frames
from services.capture.cameras.camera import CameraLost, CameraMisconfigured
from services.capture.cameras.content import content_of
from services.capture.cameras.encode import Image
from services.capture.cameras.jpeg import complete
from services.capture.cameras.video import codec_of

Wanted = Callable[[], bool]


class Clip(Protocol):
    """A video that can be gone through again and again. `kind` is what its pixels came out of."""

    fps: float
    kind: str

    def frames(self, wanted: Wanted) -> Iterator[bytes | Image | None]:
        """One entry per frame: JPEG or pixels; None where there is none or `wanted`, asked once, says no."""
        ...


class JpegClip:
    """A Motion-JPEG AVI: the JPEGs come out as they went in, apart from Huffman tables that are missing."""

    kind = "Motion JPEG"

    def __init__(self, path: Path, header: AviHeader, max_bytes: int) -> None:
        self.fps = header.fps
        self._path, self._header, self._max_bytes = path, header, max_bytes

    def frames(self, wanted: Wanted) -> Iterator[bytes | None]:
        try:
            with self._path.open("rb") as file:
                for jpeg in read_frames(file, self._header, self._max_bytes):
                    yield complete(jpeg) if jpeg is not None and wanted() else None
        except OSError as error:
            raise unreadable(self._path, error) from error


class DecodedClip:
    """Whatever else FFmpeg reads. In a hurry it decodes with all cores, which costs more per picture."""

    def __init__(self, path: Path, *, hurry: bool = False) -> None:
        self._path = path
        self._threads = [] if hurry else [cv2.CAP_PROP_N_THREADS, 1]
        capture = self._open()
        fps, self.kind = capture.get(cv2.CAP_PROP_FPS), codec_of(capture)
        capture.release()
        self.fps = fps if math.isfinite(fps) and 0 < fps <= 1000 else 25.0

    def frames(self, wanted: Wanted) -> Iterator[Image | None]:
        capture = self._open()
        try:
            while capture.grab():
                ok, image = capture.retrieve() if wanted() else (False, None)
                yield np.asarray(image, np.uint8) if ok else None
        finally:
            capture.release()

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG, self._threads)
        if not capture.isOpened():
            raise CameraMisconfigured(
                f'"{self._path}" is no video that can be read; give an MP4, MKV or AVI file'
            )
        return capture


class PictureClip:
    """One file after the other; what cannot be read as a picture is counted."""

    fps = 1.0
    kind = "a picture"

    def __init__(
        self, path: Path, files: Sequence[Path], max_bytes: int, on_broken: Callable[[], None]
    ) -> None:
        self._path, self._files, self._max_bytes, self._on_broken = path, files, max_bytes, on_broken

    def frames(self, wanted: Wanted) -> Iterator[bytes | Image | None]:
        broken = 0
        for file in self._files:
            if not wanted():
                yield None
                continue
            content = self._content(file)
            if content is None:
                broken += 1
                self._on_broken()
            yield content
        if broken == len(self._files):
            raise CameraMisconfigured(f'"{self._path}" holds no picture that can be read')

    def _content(self, file: Path) -> bytes | Image | None:
        try:
            return content_of(file.read_bytes()) if file.stat().st_size <= self._max_bytes else None
        except OSError:  # gone since the folder was read
            return None


def unreadable(path: Path, error: OSError) -> CameraLost | CameraMisconfigured:
    """What to tell people about a file that is there but cannot be read."""
    if isinstance(error, PermissionError):
        return CameraMisconfigured(f'"{path}" may not be read; let the user of this service read it')
    return CameraLost(f'"{path}" cannot be read: {error.strerror}')
