"""`v4l2:` cameras: the driver's own Motion JPEG where it has it, pixels that are encoded where it has not."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from services.capture.cameras.camera import CameraLost, CameraMisconfigured, CameraOptions, Picture, utc_now
from services.capture.cameras.develop import Developer
from services.capture.cameras.encode import Image
from services.capture.cameras.jpeg import complete
from services.capture.cameras.mjpeg import jpeg_in
from services.capture.cameras.newest import Newest
from services.capture.cameras.pace import FpsLimit
from services.capture.cameras.video import codec_of
from services.contract.urls import V4l2Url

_SLICE_S = 0.2
_MJPG = float(cv2.VideoWriter.fourcc(*"MJPG"))


class Device(Protocol):
    """An open video device."""

    kind: str
    """What it gives: "Motion JPEG", or the name of a format of pixels."""

    def grab(self) -> bool:
        """Waits for the next picture; False when none comes any more."""
        ...

    def retrieve(self) -> bytes | Image | None:
        """The picture that was grabbed: a buffer with a JPEG in it, or pixels; None where it is broken."""
        ...

    def close(self) -> None: ...


class V4l2Camera:
    """A thread reads the device, which cannot be interrupted; the newest picture is taken."""

    def __init__(
        self,
        url: V4l2Url,
        options: CameraOptions,
        now: Callable[[], datetime] = utc_now,
        open_device: Callable[[V4l2Url], Device] | None = None,
    ) -> None:
        self.skipped = 0
        self._url, self._options, self._now = url, options, now
        self._open_device = open_device or OpenCvDevice
        self._develop = Developer(options.edits, options.quality)
        self._kind = ""

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        newest = Newest[bytes | Image]()
        threading.Thread(
            target=self._read, args=(newest,), name=f"v4l2-{self._url.device.name}", daemon=True
        ).start()
        patience_s = self._options.connect_timeout_s + self._options.stall_timeout_s
        until_s = time.monotonic() + patience_s
        try:
            while not stop.is_set():
                if taken := newest.take(_SLICE_S):
                    yield self._develop.picture(*taken, self._kind)
                    patience_s = self._options.stall_timeout_s
                    until_s = time.monotonic() + patience_s
                elif time.monotonic() >= until_s:
                    raise CameraLost(f"{self._url.device} has given no picture for {patience_s:g} s")
        finally:
            newest.close()  # the reader ends with its next picture, or when OpenCV gives up waiting for one

    def _read(self, newest: Newest[bytes | Image]) -> None:
        """The reader thread: puts pictures until somebody closes `newest` or the camera is lost."""
        limit = FpsLimit(self._options.max_fps)
        try:
            device = self._open_device(self._url)
        except (CameraLost, CameraMisconfigured) as problem:
            newest.fail(problem)
            return
        try:
            self._kind = device.kind
            while not newest.closed and device.grab():
                if not limit.allows():
                    continue
                content = _whole(device.retrieve())
                if content is None:
                    self.skipped += 1
                else:
                    self.skipped += newest.put(content, self._now())
            newest.fail(CameraLost(f"{self._url.device} gives no more pictures"))
        except cv2.error as error:
            newest.fail(CameraLost(f"the pictures of {self._url.device} cannot be read: {error.err}"))
        finally:
            device.close()


def _whole(content: bytes | Image | None) -> bytes | Image | None:
    """A JPEG without what the driver left behind it in the buffer; None where it is none."""
    if not isinstance(content, bytes):
        return content
    jpeg = jpeg_in(content)
    return complete(jpeg) if jpeg else None


class OpenCvDevice:
    """A device through OpenCV, which gives Motion JPEG as it is when it is told not to convert it."""

    def __init__(self, url: V4l2Url) -> None:
        _check(url.device)
        self._capture = cv2.VideoCapture(str(url.device), cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise CameraLost(
                f"{url.device} cannot be opened: it gives no video, or another program has it; "
                "a camera has several devices, try the next one"
            )
        width, height = self._size(url)
        wanted = {
            cv2.CAP_PROP_FOURCC: _MJPG,
            cv2.CAP_PROP_FRAME_WIDTH: width,
            cv2.CAP_PROP_FRAME_HEIGHT: height,
            cv2.CAP_PROP_FPS: url.fps,
        }
        for name, value in wanted.items():
            if value:
                self._capture.set(name, value)  # the driver takes what comes nearest
        self._raw = self._capture.get(cv2.CAP_PROP_FOURCC) == _MJPG
        self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0.0 if self._raw else 1.0)
        self.kind = codec_of(self._capture)

    def _size(self, url: V4l2Url) -> tuple[int, int]:
        """What is asked for, as a whole: OpenCV leaves a width without a height alone."""
        if bool(url.width) == bool(url.height):
            return url.width, url.height
        width, height = (
            self._capture.get(name) for name in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        proportions = width / height if width and height else 4 / 3
        return url.width or round(url.height * proportions), url.height or round(url.width / proportions)

    def grab(self) -> bool:
        return self._capture.grab()

    def retrieve(self) -> bytes | Image | None:
        ok, image = self._capture.retrieve()
        if not ok:
            return None
        pixels = np.asarray(image, np.uint8)
        return pixels.tobytes() if self._raw else pixels

    def close(self) -> None:
        self._capture.release()


def _check(device: Path) -> None:
    if not device.exists():
        raise CameraLost(f"there is no {device}; plug the camera in, or let this service see the device")
    if not os.access(device, os.R_OK | os.W_OK):
        raise CameraMisconfigured(
            f"{device} may not be used; add the user of this service to the group of the device (video)"
        )
