"""The clips of `benchmarks.nuisances`: which nuisance befalls which place, and how it is compressed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import effects as fx
from benchmarks.scenery import Effect, Walk, empty, night, sized
from services.motion.decode import Gray

LARGE, SMALL, THERMAL = (640, 360), (320, 180), (160, 120)
#: Contrast of subjects in gray levels.
CLEAR, FAINT = 45.0, 16.0
SECONDS = 53.0

Compress = Callable[[Gray, int], bytes]


def jpeg(quality: int = 75) -> Compress:
    return lambda picture, _n: _encoded(picture, quality)


def _encoded(picture: Gray, quality: int) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def pulsing(every: int = 24) -> Compress:
    """As from a video codec: blocks that change little stay as they were until the next key frame."""
    shown: list[Gray] = []

    def compress(picture: Gray, n: int) -> bytes:
        if n % every == 0 or not shown:
            shown[:] = [cv2.imdecode(np.frombuffer(_encoded(picture, 30), np.uint8), cv2.IMREAD_GRAYSCALE)]  # type: ignore[list-item]
        else:
            height, width = (side // 8 * 8 for side in picture.shape)
            old, new = shown[0][:height, :width], picture[:height, :width]
            apart = cv2.absdiff(new, old).reshape(height // 8, 8, width // 8, 8).mean(axis=(1, 3)) > 6
            changed = np.kron(apart, np.ones((8, 8), np.bool_))
            coded = cv2.imdecode(np.frombuffer(_encoded(new, 45), np.uint8), cv2.IMREAD_GRAYSCALE)
            old[changed] = np.asarray(coded)[changed]
        return _encoded(shown[0], 88)

    return compress


@dataclass(frozen=True, slots=True)
class Take:
    """One clip to be made: a place or a recording, and what befalls it."""

    cause: str
    place: str
    size: tuple[int, int] = LARGE
    fps: float = 10.0
    # Before the subjects are drawn; and over everything.
    behind: tuple[Effect, ...] = ()
    over: tuple[Effect, ...] = ()
    compress: Compress = field(default_factory=jpeg)
    dark: bool = False
    seed: int = 0
    # Overrides the usual six: who walks when.
    walks: tuple[Walk, ...] | None = None
    # A recording's frames from 0 to here, instead of a place with walkers.
    until: int = 0


def takes(folder: Path) -> list[Take]:
    """Two or more clips for every cause."""
    return [
        *_air(),
        *_light(),
        *_infrared(folder),
        *_lens(),
        *_sensor(),
        *_things(),
        *_trees(),
        *_streams(),
    ]


_LARGE, _SMALL = LARGE[::-1], SMALL[::-1]
_PEOPLE: dict[str, Any] = {"place": "intel_one_by_one", "until": 500}
_CARS: dict[str, Any] = {"place": "intel_cars", "fps": 12.5, "until": 377}
_COARSE: dict[str, Any] = {"size": SMALL, "compress": jpeg(60)}


def _still() -> Effect:
    return fx.noise(1, 2.0)


def _night() -> Effect:
    return fx.noise(2, 4.0, grain=0.8)


def _air() -> list[Take]:
    bushes = fx.patch(_LARGE, ((0.1, 0.3, 0.14, 0.3), (0.5, 0.3, 0.2, 0.3), (0.85, 0.1, 0.3, 0.15)))
    trees = fx.patch(_LARGE, ((0.0, 0.45, 0.2, 0.2), (0.6, 0.3, 0.08, 0.1), (0.9, 0.35, 0.16, 0.25)))
    all_over = np.ones(_SMALL, np.float32)
    pond = fx.patch(_LARGE, ((0.5, 0.75, 0.5, 0.3),))
    pool = fx.patch(_SMALL, ((0.3, 0.6, 0.4, 0.4),))
    return [
        Take("calm", "road", over=(_still(),), seed=1),
        Take("calm", "yard", over=(_still(),), seed=2, **_COARSE),
        Take("wind", "yard", behind=(fx.wind(1, bushes, 0.010),), over=(_still(),), seed=3),
        Take("wind", "road", behind=(fx.wind(2, trees, 0.016),), over=(_still(),), seed=4),
        Take("wind", "yard", behind=(fx.wind(3, all_over, 0.006),), over=(_still(),), seed=5, **_COARSE),
        Take("water", "road", behind=(fx.water(1, pond, 0.004),), over=(_still(),), seed=6),
        Take("water", "yard", behind=(fx.water(2, pool, 0.005),), over=(_still(),), seed=7, **_COARSE),
        Take("rain", "asphalt", over=(fx.rain(1, 150), _still()), seed=12),
        Take("rain", "yard", over=(fx.rain(2, 60, 60), _still()), seed=13, **_COARSE),
        Take("rain", over=(fx.rain(6, 60, 60), _still()), **_PEOPLE, **_COARSE),
        Take("snow", "road", over=(fx.snow(1, 60), _still()), seed=14),
        Take("snow", "yard", over=(fx.snow(2, 40), _still()), seed=15, **_COARSE),
    ]


def _light() -> list[Take]:
    return [
        Take("clouds", "road", over=(fx.cloud(1, _LARGE, 0.45, 0.2, 0.3), _still()), seed=8),
        Take("clouds", "yard", over=(fx.cloud(2, _SMALL, 0.5, 0.9, 0.12), _still()), seed=9, **_COARSE),
        Take("clouds", over=(fx.cloud(3, _SMALL, 0.4, 0.4, 0.15), _still()), **_PEOPLE, **_COARSE),
        Take("clouds", over=(fx.cloud(4, _LARGE, 0.5, 0.5, 0.2), _still()), **_CARS),
        Take("sun, exposure", "yard", over=(fx.exposure(fx.sun), _still()), seed=10),
        Take("sun, exposure", "hall", over=(fx.exposure(fx.exposure_steps), _still()), seed=11, **_COARSE),
        Take("sun, exposure", over=(fx.exposure(fx.sun), _still()), **_PEOPLE, **_COARSE),
        Take("lamp", "room", over=(fx.lamp(1, _LARGE, 0.8), _still()), seed=16),
        Take("lamp", "yard", dark=True, over=(fx.lamp(2, _SMALL, 1.5), _night()), seed=17, **_COARSE),
        Take("switch", "hall", over=(fx.exposure(fx.switched), _still()), seed=18),
        Take("switch", over=(fx.exposure(fx.switched), _still()), **_PEOPLE, **_COARSE),
        Take("headlights", "yard", dark=True, over=(fx.headlights(1, _LARGE), _night()), seed=19),
        Take("headlights", "room", dark=True, over=(fx.headlights(2, _SMALL), _night()), seed=20, **_COARSE),
        Take("banding", "room", over=(fx.banding(0.1, 2.3, 0.7), _still()), seed=21),
        Take("banding", "asphalt", over=(fx.banding(0.14, 1.2, 2.9), _still()), seed=22, **_COARSE),
    ]


def _infrared(folder: Path) -> list[Take]:
    made = []
    nights = ((6.0, 20.5), (35.5, 50.0))
    for seed, place, size in ((23, "yard", LARGE), (24, "road", SMALL)):
        colours = sized(empty(folder, place), size)
        filtered = fx.infrared(night(colours), nights)
        grain = fx.noise(seed, lambda time_s: 4.5 if any(a <= time_s < b for a, b in nights) else 1.5, 0.7)
        over = (fx.switching(nights), grain)
        made.append(Take("infrared cut", place, size=size, behind=(filtered,), over=over, seed=seed))
    recorded = ((3.0, 14.0), (22.0, 38.0))
    return [*made, Take("infrared cut", over=(fx.switching(recorded, 0.6), _still()), **_PEOPLE, **_COARSE)]


def _lens() -> list[Take]:
    knocks = fx.knock((5.5, 19.7, 34.5), 0.04)
    return [
        Take("shake", "road", over=(fx.shake(1, 0.004), _still()), seed=25),
        Take("shake", "yard", over=(fx.shake(2, 0.010), _still()), seed=26),
        Take("shake", "yard", over=(fx.shake(3, 0.006), _still()), seed=27, **_COARSE),
        Take("shake, rain", over=(fx.shake(4, 0.006), fx.rain(3, 60), _still()), **_PEOPLE, **_COARSE),
        Take("shake, rain", over=(fx.shake(5, 0.006), fx.rain(4, 120), _still()), **_CARS),
        Take("knock", "yard", over=(knocks, _still()), seed=28),
        Take("knock", "room", over=(knocks, _still()), seed=29, **_COARSE),
        Take("insects", "yard", dark=True, over=(fx.insects(1, SECONDS), _night()), seed=30),
        Take("insects", "room", dark=True, over=(fx.insects(2, SECONDS), _night()), seed=31, **_COARSE),
        Take("clock", "road", over=(_still(), fx.clock(0.04)), seed=52),
        Take("clock", "room", dark=True, over=(_night(), fx.clock(0.07)), seed=53, **_COARSE),
    ]


def _sensor() -> list[Take]:
    def pumping(time_s: float) -> float:
        return 5 + 4 * float(np.sin(2 * np.pi * time_s / 8) > 0)

    def gain(time_s: float) -> float:
        return 0.35 * (1.25 if np.sin(2 * np.pi * time_s / 8) > 0 else 1.0)

    dark = fx.exposure(gain)
    hot: dict[str, Any] = {"size": THERMAL, "fps": 9.0, "compress": jpeg(90)}
    return [
        Take("dark noise", "room", over=(dark, fx.noise(3, pumping, 0.8)), seed=32),
        Take("dark noise", "road", over=(dark, fx.noise(4, pumping, 0.6)), seed=33, **_COARSE),
        Take("thermal", "yard", over=(fx.thermal(1), fx.noise(5, 5.0, 0.5)), seed=34, **hot),
        Take("thermal", "road", over=(fx.thermal(2), fx.noise(6, 7.0, 0.7)), seed=35, **hot),
        Take("key frames", "road", over=(_still(),), compress=pulsing(), seed=36),
        Take("key frames", "yard", size=SMALL, over=(_still(),), compress=pulsing(15), seed=37),
    ]


def _things() -> list[Take]:
    # One comes and stays, and leaves again; one has stood there from the beginning.
    came = Walk(8, 40, 0.02, CLEAR, 0.3, 0.8, subject=1, stands=(11.0, 37.0), pace=0.4)
    stood = Walk(-4, 24, 0.02, CLEAR, 0.85, 0.9, subject=3, stands=(-1.0, 21.0), pace=0.4, towards=-1)
    left = Walk(30, 34, 0.005, CLEAR, 0.6, 0.6)
    return [
        Take("stays, ghost", "asphalt", over=(_still(),), walks=(came, left)),
        Take("stays, ghost", "road", over=(_still(),), walks=(stood, left), **_COARSE),
    ]


def _trees() -> list[Take]:
    near = fx.Crown(0.2, 0.3, 0.2, 0.35, leaf=0.02)
    far = fx.Crown(0.8, 0.3, 0.16, 0.28)
    hedge = fx.Crown(0.5, 0.35, 0.35, 0.2, leaf=0.016)
    in_wind: dict[str, Any] = {"over": (_still(),)}
    return [
        Take(
            "trees",
            "road",
            behind=(fx.tree(41, _LARGE, near, 0.014, 0.8), fx.tree(42, _LARGE, far, 0.01)),
            seed=41,
            **in_wind,
        ),
        Take(
            "trees",
            "yard",
            fps=15,
            behind=(fx.tree(43, _SMALL, near, 0.012, 0.9),),
            seed=43,
            size=SMALL,
            **in_wind,
        ),
        Take("trees", "asphalt", fps=5, behind=(fx.tree(44, _LARGE, hedge, 0.016),), seed=44, **in_wind),
    ]


def _streams() -> list[Take]:
    """Cameras of other speeds, in fog, and of poor quality."""
    hot: dict[str, Any] = {"size": THERMAL, "fps": 9.0, "compress": jpeg(90)}
    fast: dict[str, Any] = {**_COARSE, "fps": 25.0}
    return [
        Take("shutter", "yard", over=(fx.thermal(7), fx.shutter(7), fx.noise(7, 3.0, 0.5)), seed=45, **hot),
        Take("shutter", "road", over=(fx.thermal(8), fx.shutter(8), fx.noise(8, 4.0, 0.6)), seed=46, **hot),
        Take("fog", "road", over=(fx.fog(), _still()), seed=47),
        Take("poor JPEG", "yard", over=(_night(),), size=SMALL, compress=jpeg(20), seed=48),
        Take("30 a second", "yard", over=(_still(),), fps=30.0, size=SMALL, seed=49),
        Take("5 a second", "road", over=(_still(),), fps=5.0, size=SMALL, seed=50),
        Take("insects, 25/s", "yard", dark=True, over=(fx.insects(3, SECONDS), _night()), seed=54, **fast),
        Take("snow, 25/s", "yard", over=(fx.snow(3, 40), _still()), seed=55, **fast),
    ]
