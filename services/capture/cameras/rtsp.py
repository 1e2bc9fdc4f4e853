"""`rtsp:` and `rtsps:` cameras: FFmpeg decodes in a thread of its own, the newest picture becomes a JPEG."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import cv2
import numpy as np

from services.capture.cameras.asking import ask, visit_line
from services.capture.cameras.camera import CameraLost, CameraOptions, Picture, RtspTransport, utc_now
from services.capture.cameras.develop import Developer
from services.capture.cameras.encode import Image
from services.capture.cameras.http_message import NotHttp
from services.capture.cameras.line import Stopped
from services.capture.cameras.newest import Newest
from services.capture.cameras.pace import FpsLimit
from services.capture.cameras.video import codec_of
from services.capture.cameras.visit import Visit

_SLICE_S = 0.2
_MOST_COLLECTED = 300
_FOR_FFMPEG = frozenset((200, 301, 302, 303, 305, 307, 308))  # it follows redirects by itself


class _NotOpened(CameraLost):
    """FFmpeg could not open the video, and does not tell why."""


class RtspCamera:
    """The newest picture, whenever the last one is encoded; those between are counted as skipped."""

    def __init__(self, url: str, options: CameraOptions, now: Callable[[], datetime] = utc_now) -> None:
        self.skipped = 0
        self._url, self._visit = url, Visit.to(url)
        self._options, self._now = options, now
        self._codec = "video"

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        newest = Newest[Image]()
        develop = Developer(self._options.edits, self._options.quality)
        threading.Thread(
            target=self._read, args=(newest,), name=f"rtsp-{self._visit.host}", daemon=True
        ).start()
        try:
            while not stop.is_set():
                if taken := newest.take(_SLICE_S):
                    image, when = taken
                    yield Picture(develop(image, when), when, self._codec)
        except _NotOpened:
            self._explain(stop)
            raise
        finally:
            # FFmpeg cannot be interrupted: the reader ends by itself, at the latest with the stall time-out.
            newest.close()

    def _explain(self, stop: threading.Event) -> None:
        """Raises what is wrong with the host, the login or the path, where it is one of these.

        Asked only when FFmpeg has failed: two clients in quick succession are too many for some cameras.
        """
        visit = self._visit
        try:
            for _ in range(2):
                with visit_line(visit, self._options, stop) as line:
                    head, _ = ask(line, visit.describe())
                if head.status in _FOR_FFMPEG:
                    return
                visit = visit.after(head)
        except Stopped:
            return
        except NotHttp as error:
            raise CameraLost(f"{self._visit.host} does not speak RTSP: {error}") from error

    def _read(self, newest: Newest[Image]) -> None:
        """The reader thread: puts pictures until somebody closes `newest` or the camera is lost."""
        host, limit = self._visit.host, FpsLimit(self._options.max_fps)
        capture = cv2.VideoCapture()
        try:
            if not self._open(capture):
                newest.fail(_NotOpened(f"the video of {host} cannot be opened; try the other rtsp_transport"))
                return
            self._codec = codec_of(capture)
            _catch_up(capture)
            while not newest.closed and capture.grab():
                if limit.allows():
                    _, image = capture.retrieve()
                    self.skipped += newest.put(np.asarray(image, np.uint8), self._now())
            newest.fail(CameraLost(f"{host} sends no more pictures"))
        except cv2.error as error:
            newest.fail(CameraLost(f"the video of {host} cannot be decoded: {error.err}"))
        finally:
            capture.release()

    def _open(self, capture: cv2.VideoCapture) -> bool:
        options = self._options
        with _TRANSPORT.chosen(options.rtsp_transport):
            return capture.open(
                self._url,
                cv2.CAP_FFMPEG,
                [
                    cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(options.connect_timeout_s * 1000),
                    cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(options.stall_timeout_s * 1000),
                    cv2.CAP_PROP_N_THREADS, 1,  # each further one holds a picture back
                ],
            )  # fmt: skip


def _catch_up(capture: cv2.VideoCapture) -> None:
    """Passes over the second or two of video that FFmpeg collected while it found out what it is.

    Those pictures are old and come all at once; the first that had to be waited for is live.
    """
    fps = capture.get(cv2.CAP_PROP_FPS)
    live_s = 0.5 / (fps if 1 <= fps <= 120 else 25)
    for _ in range(_MOST_COLLECTED):
        began_s = time.monotonic()
        if not capture.grab() or time.monotonic() - began_s > live_s:
            return


class _Transport:
    """OpenCV takes RTSP's transport from the environment alone, and TCP where nothing is there.

    UDP is put there while cameras that want it are being opened; those that want TCP wait so long.
    """

    _VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._now: RtspTransport = "tcp"
        self._opening = 0

    @contextmanager
    def chosen(self, transport: RtspTransport) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._opening or self._now == transport)
            self._now = transport
            self._opening += 1
            if transport == "udp":
                os.environ[self._VARIABLE] = "rtsp_transport;udp"
        try:
            yield
        finally:
            with self._changed:
                self._opening -= 1
                if not self._opening:
                    os.environ.pop(self._VARIABLE, None)
                    self._changed.notify_all()


_TRANSPORT = _Transport()
