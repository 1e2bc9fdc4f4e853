"""`nightjar replay`: the detector over a recorded video, as fast as it goes."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
from pydantic import ValidationError

from services.contract.frame import FrameId
from services.contract.settings import MotionSettings
from services.motion.detector import Box, Decision, Detector, DetectorSettings
from services.motion.events import Action, EventMachine, EventSettings, Keep, Opened
from services.motion.video import NotAVideo, Video

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Span:
    """One motion: seconds of the video, from its first frame that moves to the end of its last."""

    start_s: float
    end_s: float
    peak: float = 0.0
    boxes: tuple[Box, ...] = ()
    # Which recording it would be in, counted from 0.
    recording: int = 0


@dataclass(slots=True)
class Recording:
    """What would be archived as one event: seconds of the video, with pre-roll and post-roll."""

    start_s: float
    end_s: float
    frames: int


@dataclass(slots=True)
class Replay:
    """What the detector found in a video."""

    fps: float
    frames: int = 0
    undecodable: int = 0
    events: list[Span] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "frames": self.frames,
            "fps": self.fps,
            "undecodable": self.undecodable,
            "events": [
                {
                    "start_s": round(one.start_s, 3),
                    "end_s": round(one.end_s, 3),
                    "peak": round(one.peak, 2),
                    "boxes": [[round(value, 4) for value in box] for box in one.boxes],
                    "recording": one.recording,
                }
                for one in self.events
            ],
            "recordings": [
                {"start_s": round(one.start_s, 3), "end_s": round(one.end_s, 3), "frames": one.frames}
                for one in self.recordings
            ],
        }


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """What a replay runs with: what a live camera would."""

    detector: DetectorSettings = field(default_factory=DetectorSettings)
    events: EventSettings = field(default_factory=EventSettings)
    working_height: int = 144

    @classmethod
    def of(cls, motion: MotionSettings) -> "ReplaySettings":
        return cls(DetectorSettings.of(motion), EventSettings.of(motion), motion.working_height)


def replay(path: str, settings: ReplaySettings | None = None, progress: Progress | None = None) -> Replay:
    """Runs detector and events over a video; `progress` hears frames done and frames in all (0: not known).

    Raises `NotAVideo`.
    """
    settings = settings or ReplaySettings()
    video = Video(path, settings.working_height)
    found = Replay(video.fps)
    detector, machine = Detector(settings.detector), EventMachine(settings.events)
    for n, picture in enumerate(video.pictures()):
        time_s = n / video.fps
        decision = None if picture is None else detector.look(picture, time_s)
        found.frames += 1
        found.undecodable += picture is None
        frame = FrameId("replay", 1, n + 1, _EPOCH + timedelta(seconds=time_s))
        for action in machine.frame(frame, decision):
            _record(found, action, time_s)
        if decision and decision.moving:
            _extend(found, decision, time_s)
        if progress:
            progress(found.frames, video.frames)
    return found


def _record(found: Replay, action: Action, time_s: float) -> None:
    if isinstance(action, Opened):
        begins_s = max(0.0, (action.since - _EPOCH).total_seconds())
        found.recordings.append(Recording(begins_s, time_s, frames=round((time_s - begins_s) * found.fps)))
    elif isinstance(action, Keep):
        found.recordings[-1].end_s = time_s + 1 / found.fps
        found.recordings[-1].frames += 1


def _extend(found: Replay, decision: Decision, time_s: float) -> None:
    if not found.events or found.events[-1].end_s < time_s - 1e-6:
        found.events.append(Span(time_s, time_s, recording=max(0, len(found.recordings) - 1)))
    span = found.events[-1]
    span.end_s = time_s + 1 / found.fps
    if decision.boxes and decision.score >= span.peak:
        span.peak, span.boxes = decision.score, decision.boxes


# -- the command -------------------------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("video", help="any video file that OpenCV reads")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the events as JSON; - for standard output"
    )
    parser.add_argument("--sensitivity", type=int, default=50, metavar="1..100", help="as in nightjar.yaml")
    parser.add_argument("--threshold", type=float, help="as in nightjar.yaml")
    parser.add_argument("--min-area", type=float, help="as in nightjar.yaml")


def main(args: argparse.Namespace) -> int:
    """The exit code: 0, or 1 with a sentence where the video cannot be read or a value is wrong."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    values = {"sensitivity": args.sensitivity, "threshold": args.threshold, "min_area": args.min_area}
    try:
        given = {name: value for name, value in values.items() if value is not None}
        settings = ReplaySettings.of(MotionSettings.model_validate(given))
        found = replay(args.video, settings, bar if sys.stderr.isatty() else None)
    except ValidationError as error:
        wrong = error.errors()[0]
        print(f"{wrong['loc'][0]}: {wrong['msg']}", file=sys.stderr)
        return 1
    except NotAVideo as error:
        print(error, file=sys.stderr)
        return 1
    text = json.dumps(found.as_json(), indent=1)
    if str(args.json) == "-":
        print(text)
        return 0
    if args.json:
        args.json.write_text(text + "\n", encoding="utf-8")
    print(table(found))
    return 0


def bar(done: int, of: int) -> None:
    """Draws progress over the last line of standard error, a hundred times in all."""
    every = max(1, of // 100)
    if done % every and done != of:
        return
    share = f"{min(1.0, done / of):4.0%} " if of else ""
    print(f"\r{share}{done} frames", end="\n" if done == of else "", file=sys.stderr, flush=True)


def table(found: Replay) -> str:
    """The events for people, one a line."""
    lines = [f"{'start':>9} {'end':>9} {'seconds':>8} {'peak':>7}  recording"]
    lines += [
        f"{one.start_s:9.2f} {one.end_s:9.2f} {one.end_s - one.start_s:8.2f} {one.peak:7.1f}"
        f"  {one.recording + 1}"
        for one in found.events
    ]
    seconds = found.frames / found.fps
    lines.append(
        f"{len(found.events)} events in {len(found.recordings)} recordings, "
        f"{found.frames} frames, {seconds:.1f} s at {found.fps:g} fps"
    )
    return "\n".join(lines)
