"""The sensor's noise, and a thermal sensor's ways."""

from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.effects.fields import soft
from benchmarks.scenery import Effect, Plane, plane

# A sheet of noise is moved about by so many pixels: as good as fresh noise, and quick.
_SHEET = 96


def noise(seed: int, level: Callable[[float], float] | float, grain: float = 0.5) -> Effect:
    """A sensor's noise; `grain` is how far it is smeared by the camera's own denoising, in pixels."""
    dice = np.random.default_rng(seed)
    sheets: dict[tuple[int, ...], Plane] = {}

    def add(picture: Plane, time_s: float) -> Plane:
        height, width = picture.shape
        if picture.shape not in sheets:
            sheet = dice.normal(0, 1, (height + _SHEET, width + _SHEET)).astype(np.float32)
            sheet = plane(cv2.GaussianBlur(sheet, (0, 0), grain))
            sheets[picture.shape] = plane(sheet / sheet.std())
        down, right = dice.integers(0, _SHEET, 2)
        fresh = sheets[picture.shape][down : down + height, right : right + width]
        if dice.random() < 0.5:
            fresh = fresh[:, ::-1]
        sigma = level if isinstance(level, float | int) else level(time_s)
        return plane(picture + sigma * (0.6 + picture / 320) * fresh)

    return add


def thermal(seed: int) -> Effect:
    """A thermal camera: its range follows what it sees, its fixed pattern drifts until the shutter."""
    drift: dict[str, Plane] = {}
    stretch: list[float] = []

    def image(picture: Plane, time_s: float) -> Plane:
        if not drift:
            shape = (picture.shape[0], picture.shape[1])
            drift.update(a=soft(seed, shape, 0.3), b=soft(seed + 1, shape, 0.02))
        since = time_s % 20
        warm = plane(80 + 0.3 * picture + (drift["a"] * 2 + drift["b"] * 1.5) * (1 + since / 20))
        low, high = np.percentile(warm, (0.5, 99.95))
        # The range follows the picture within a few frames, so that what is hot darkens everything else.
        stretch[:] = [
            0.6 * a + 0.4 * float(b) for a, b in zip(stretch or (low, high), (low, high), strict=True)
        ]
        return plane((warm - stretch[0]) * (220 / max(25.0, stretch[1] - stretch[0])) + 15)

    return image


def shutter(seed: int, every_s: float = 13.0, frozen_s: float = 0.6) -> Effect:
    """A thermal sensor's shutter: the picture stands still, then its stripes and spots are others."""
    held: list[Plane] = []

    def correct(picture: Plane, time_s: float) -> Plane:
        turn, since = divmod(time_s + 0.6 * every_s, every_s)
        if held and since < frozen_s:
            return held[0].copy()
        dice = np.random.default_rng((seed, int(turn)))
        height, width = picture.shape
        stripes = dice.normal(0, 1.2, (1, width)) + dice.normal(0, 0.7, (height, 1))
        pattern = plane(stripes + 1.2 * soft(int(dice.integers(1 << 30)), (height, width), 0.06))
        held[:] = [plane(picture + pattern + float(dice.normal(0, 4)))]
        return held[0].copy()

    return correct
