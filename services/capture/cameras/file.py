"""`file:` cameras: a video or pictures, played as if they were a camera, JPEGs untouched."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from services.capture.cameras.avi import NotMjpegAvi, read_header
from services.capture.cameras.camera import CameraMisconfigured, CameraOptions, Picture, utc_now
from services.capture.cameras.clips import Clip, DecodedClip, JpegClip, PictureClip, unreadable
from services.capture.cameras.develop import Developer
from services.capture.cameras.pace import FpsLimit, Pace
from services.contract.picture_files import picture_files
from services.contract.urls import missing_file, parse_file


class FileCamera:
    """Plays the file, or the pictures of a folder, in a loop or once, in real time or as fast as it is taken.

    As fast as possible, a picture's time is that of the video's own clock, which begins now. In either
    speed, times go on over a loop's end.
    """

    def __init__(self, url: str, options: CameraOptions, now: Callable[[], datetime] = utc_now) -> None:
        self.skipped = 0
        self._url, self._file, self._options, self._now = url, parse_file(url), options, now

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        clip = self._open()
        fps = self._file.fps or clip.fps
        pace = Pace(fps)
        develop = Developer(self._options.edits, self._options.quality)
        started, step = self._now(), 0
        limit = FpsLimit(self._options.max_fps, clock=lambda: step / fps)
        while True:
            first = step
            for content in clip.frames(limit.allows):
                if not (self._file.fast or pace.wait(stop)) or stop.is_set():
                    return
                if content is not None:
                    when = started + timedelta(seconds=step / fps) if self._file.fast else self._now()
                    yield develop.picture(content, when, clip.kind)
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
            if (files := picture_files(path)) is not None:
                return PictureClip(path, files, self._options.max_bytes, self._count_broken)
            with path.open("rb") as file:
                return JpegClip(path, read_header(file), self._options.max_bytes)
        except NotMjpegAvi:
            return DecodedClip(path, hurry=self._file.fast)
        except OSError as error:
            raise unreadable(path, error) from error

    def _count_broken(self) -> None:
        self.skipped += 1
