"""Every cause on a recording of real people: they are found, and what befalls the picture is no motion."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import effects as fx
from benchmarks.scenery import Effect, Plane, frames
from benchmarks.takes import Compress, jpeg, pulsing
from services.motion.decode import decode_gray
from services.motion.detector import Decision, Detector

# One walks in, stands, and walks out; another walks in: frames at ten a second.
CLIP, FPS, COUNT = "intel_one_by_one", 10, 255
COMES, LEAVES, NEXT = (6.0, 8.5), (18.1, 20.1), (22.7, 25.5)
SIZE = (320, 180)
LEAD_IN_S = 20
SHAPE = SIZE[::-1]

Decisions = list[tuple[float, Decision]]


@dataclass(frozen=True, slots=True)
class Cause:
    """What befalls the recording, from the beginning of the lead-in on."""

    effect: Callable[[], Effect]
    compress: Callable[[], Compress] = jpeg
    # Whether everybody is found in it, however bad it is.
    changes_scene: bool = False


def plain() -> Effect:
    return fx.noise(1, 2.0)


def in_the_dark() -> Effect:
    darker, grain = fx.exposure(lambda _time_s: 0.35), fx.noise(2, 5.0, 0.8)
    return lambda picture, time_s: grain(darker(picture, time_s), time_s)


def pumping_gain() -> Effect:
    return fx.noise(2, lambda time_s: 3 + 3 * float(np.sin(time_s) > 0), 0.8)


def hunting(time_s: float) -> float:
    return 1 + 0.2 * float(np.sin(2 * np.pi * time_s / 4))


def filter_switches() -> Effect:
    return fx.switching(((LEAD_IN_S + 1.0, LEAD_IN_S + 13.0),), 0.6)


def thermal_with_shutter() -> Effect:
    hot, shutter = fx.thermal(3), fx.shutter(3, every_s=11)
    return lambda picture, time_s: shutter(hot(255 - picture, time_s), time_s)


def behind_a_tree() -> Effect:
    return fx.tree(2, SHAPE, fx.Crown(0.15, 0.25, 0.12, 0.25, leaves=250, leaf=0.02), 0.006)


# Far away: glitter right before the lens is as large as the smallest thing, and does alarm now and then.
WHERE = fx.patch(SHAPE, ((0.12, 0.12, 0.12, 0.12),))
CAUSES = {
    "nothing": Cause(plain),
    "noise in the dark": Cause(in_the_dark),
    "gain that changes": Cause(pumping_gain),
    "clouds": Cause(lambda: fx.cloud(3, SHAPE, 0.4, 0.4, 0.15)),
    "sunset": Cause(lambda: fx.exposure(lambda time_s: 1 - 0.012 * time_s)),
    "exposure that hunts": Cause(lambda: fx.exposure(hunting)),
    "exposure in steps": Cause(lambda: fx.exposure(fx.exposure_steps)),
    "mains flicker": Cause(lambda: fx.banding(0.08, 2.3, 0.7)),
    "lamp": Cause(lambda: fx.lamp(1, SHAPE, 0.8)),
    "light switch": Cause(lambda: fx.exposure(fx.switched), changes_scene=True),
    "infrared filter": Cause(filter_switches, changes_scene=True),
    "headlights": Cause(lambda: fx.headlights(3, SHAPE, every_s=9)),
    "rain": Cause(lambda: fx.rain(6, 60, 60)),
    "snow": Cause(lambda: fx.snow(5, 40, near=0)),
    "insects": Cause(lambda: fx.insects(4, 60.0)),
    "trees": Cause(behind_a_tree),
    "water": Cause(lambda: fx.water(2, WHERE, 0.003)),
    "shake": Cause(lambda: fx.shake(4, 0.006)),
    "knock": Cause(lambda: fx.knock((LEAD_IN_S + 2.0,), 0.05), changes_scene=True),
    "key frames": Cause(plain, lambda: pulsing(15)),
    "poor JPEG": Cause(plain, lambda: jpeg(20)),
    "fog": Cause(fx.fog),
    "thermal": Cause(thermal_with_shutter),
}


def recorded(footage: Path) -> Iterator[Plane]:
    """The recording after its own first two seconds, forwards and backwards."""
    played = [
        cv2.cvtColor(cv2.resize(frame, SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
        for frame in frames(footage, CLIP, COUNT)
    ]
    quiet = played[: 2 * FPS]
    for picture in [*islice(cycle(quiet + quiet[-2:0:-1]), LEAD_IN_S * FPS), *played]:
        yield picture.astype(np.float32)


def watched(footage: Path, cause: Cause) -> Decisions:
    """What the detector says, in seconds of the recording."""
    effect, compress, detector = cause.effect(), cause.compress(), Detector()
    told = []
    for n, picture in enumerate(recorded(footage)):
        shown = np.clip(effect(picture, n / FPS), 0, 255).astype(np.uint8)
        told.append((n / FPS - LEAD_IN_S, detector.look(decode_gray(compress(shown, n)), n / FPS)))
    return told


@pytest.mark.parametrize("name", CAUSES)
def test_real_people_are_found_and_the_cause_is_no_motion(footage: Path, name: str) -> None:
    told = watched(footage, CAUSES[name])
    moving = [time_s for time_s, one in told if one.moving]
    quiet = [time_s for time_s in moving if -LEAD_IN_S / 2 <= time_s < COMES[0] - 0.3]
    found = [any(begin <= time_s < end for time_s in moving) for begin, end in (COMES, LEAVES, NEXT)]
    assert (quiet, found) == ([], [True, True, True])


@pytest.mark.parametrize("name", [name for name, cause in CAUSES.items() if cause.changes_scene])
def test_a_changed_scene_is_said_with_how_much_of_it_changed(footage: Path, name: str) -> None:
    told = watched(footage, CAUSES[name])
    changed = [one.scene_change for time_s, one in told if time_s < COMES[0]]
    assert 0.25 < max(changed) <= 1
