"""What can be replayed: each source gives its frames in order, with their times."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from services.contract.frame import FrameId, NotAFrame, identify
from services.contract.picture_files import picture_files
from services.motion.decode import decode_gray
from services.motion.gaze import Develop
from services.motion.video import NotAVideo, Video

JPEGS = frozenset((".jpg", ".jpeg"))
#: Without times of their own, frames are so far apart; and a pause is no more than this between two frames.
USUAL_FPS, PAUSE_S = 10.0, 1.0


class NotReplayable(ValueError):
    """There is nothing that can be replayed; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame: seconds since the first, how long it stands, and how to make a gray picture of it."""

    time_s: float
    lasts_s: float
    develop: Develop
    # Bytes of the JPEG; None where it was none.
    size: int | None = None
    # When it was taken, where it says so.
    taken: datetime | None = None


class Source(Protocol):
    """Frames in order. `frames` is how many there are, 0 where that is not known; `fps` 0 until it is."""

    frames: int
    fps: float

    def shots(self) -> Iterator[Shot]:
        """Once. Raises NotReplayable."""
        ...


class VideoFile:
    """A video, at its own rate."""

    def __init__(self, path: Path) -> None:
        """Raises NotReplayable."""
        try:
            self._video = Video(str(path))
        except NotAVideo as error:
            raise NotReplayable(str(error)) from None
        self.frames, self.fps = self._video.frames, self._video.fps

    def shots(self) -> Iterator[Shot]:
        for n, (size, develop) in enumerate(self._video.frames_in_turn()):
            yield Shot(n / self.fps, 1 / self.fps, develop, size)


class Folder:
    """JPEGs of a folder and, where it has none itself, of the folders in it, in the order of their names."""

    def __init__(self, path: Path, fps: float | None = None) -> None:
        """Raises NotReplayable."""
        here = [file for file in picture_files(path) or [] if file.suffix.lower() in JPEGS]
        self._files = here or sorted(file for file in path.rglob("*") if file.suffix.lower() in JPEGS)
        if not self._files:
            raise NotReplayable(f"there are no JPEGs in {path}")
        self.frames, self.fps = len(self._files), fps or 0.0
        self._timeline = Timeline(fps)

    def shots(self) -> Iterator[Shot]:
        for file in self._files:
            yield self._timeline.shot(file.read_bytes())
        self.fps = self._timeline.fps


class Timeline:
    """Gives JPEGs their times: those that they carry, or one after the other at a rate.

    Raises NotReplayable where frames of several cameras come.
    """

    def __init__(self, fps: float | None = None, camera: str | None = None) -> None:
        self._step_s = 1 / (fps or USUAL_FPS)
        self._by_rate = fps is not None
        self._camera = camera
        self._first: datetime | None = None
        self._taken: datetime | None = None
        self._time_s = -self._step_s
        self._frames, self._seconds = 0, 0.0

    @property
    def fps(self) -> float:
        """The rate of what came, without the pauses."""
        return round(self._frames / self._seconds, 3) if self._seconds else 1 / self._step_s

    def shot(self, jpeg: bytes) -> Shot:
        frame = None if self._by_rate else self._identified(jpeg)
        before_s = self._time_s
        self._time_s = before_s + self._step_s if frame is None else self._since_first(frame)
        lasts_s = self._time_s - before_s
        if not 0 < lasts_s < PAUSE_S:
            lasts_s = self._step_s
        else:
            self._frames, self._seconds, self._step_s = self._frames + 1, self._seconds + lasts_s, lasts_s
        develop = partial(decode_gray, jpeg)
        return Shot(self._time_s, lasts_s, develop, len(jpeg), frame.time if frame else None)

    def _identified(self, jpeg: bytes) -> FrameId | None:
        try:
            frame = identify(jpeg)
        except NotAFrame:
            return None
        if frame and self._camera not in (None, frame.camera):
            raise NotReplayable(
                f"there are frames of several cameras, such as {self._camera} and {frame.camera}: choose one "
                "with --camera"
            )
        self._camera = frame.camera if frame else self._camera
        return frame

    def _since_first(self, frame: FrameId) -> float:
        if self._first is None:
            self._first = frame.time - timedelta(seconds=max(0.0, self._time_s + self._step_s))
        return (frame.time - self._first).total_seconds()
