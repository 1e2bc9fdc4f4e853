"""Trees leaf by leaf: boughs, twigs and leaves swing, lean and turn in gusts."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.effects.fields import soft, sudden
from benchmarks.scenery import Effect, Plane, plane

_BOUGHS, _TWIGS = 7, 9
# Finer than a pixel: cv2 draws in these parts of one.
_FINE = 4


@dataclass(frozen=True, slots=True)
class Crown:
    """A tree's crown: its middle and radii as fractions of width and height, and its leaves."""

    x: float
    y: float
    wide: float
    high: float
    leaves: int = 1200
    # Length of a leaf, in heights.
    leaf: float = 0.012


def tree(seed: int, shape: tuple[int, int], crown: Crown, swing: float, sky: float = 0.0) -> Effect:
    """A crown whose boughs swing by about `swing` heights in a gust, its leaves faster and less far.

    Leaves turn, so that they are now light and now dark; what is behind the crown shows between them, as
    bright as `sky` (0 to 1).
    """
    height, width = shape
    dice = np.random.default_rng(seed)
    count = crown.leaves
    bough = dice.integers(_BOUGHS, size=count)
    twig = bough * _TWIGS + dice.integers(_TWIGS, size=count)
    x, y = _clusters(dice, crown, bough, twig)
    length = dice.uniform(0.3, 0.7, count) * crown.leaf * height
    gray, tilt = dice.uniform(40, 135, count), dice.uniform(0, np.pi, count)
    # Boughs swing slowly and far, twigs faster, leaves fast: hertz and part of the swing.
    slow, fast = dice.uniform(0.25, 0.6, _BOUGHS), dice.uniform(0.8, 1.8, _BOUGHS * _TWIGS)
    flutter = dice.uniform(2.0, 4.5, count)
    phase = dice.uniform(0, 2 * np.pi, (3, max(count, _BOUGHS * _TWIGS)))
    depth = dice.uniform(0.4, 1.0, count)
    strength = sudden(seed)
    order = np.argsort(depth)
    within = _behind(shape, crown)
    shade = plane(np.clip(within * (0.35 + 0.25 * soft(seed, shape, 0.04)), 0, 0.9))

    def sway(picture: Plane, time_s: float) -> Plane:
        wind = strength(time_s)
        swung = (0.8 * wind**2 + wind * 0.5 * np.sin(2 * np.pi * slow * time_s + phase[0, :_BOUGHS]))[bough]
        swung += wind * 0.4 * np.sin(2 * np.pi * fast * time_s + phase[1, : _BOUGHS * _TWIGS])[twig]
        shaken = wind * np.sin(2 * np.pi * flutter * time_s + phase[2, :count])
        at_x = x * width + (swung + 0.15 * shaken) * depth * swing * height
        at_y = y * height + (0.35 * swung + 0.15 * shaken) * depth * swing * height
        lit = picture + sky * within * (240 - picture)
        shown = np.asarray(np.clip(lit * (1 - shade) + 40 * shade, 0, 255), np.uint8)
        shades = np.clip(gray * (1 + 0.3 * shaken), 10, 230)
        angles = np.degrees(tilt + 0.6 * shaken)
        thin = 0.3 + 0.25 * np.abs(np.cos(tilt + 1.2 * shaken))
        for n in order:
            middle = round(at_x[n] * 2**_FINE), round(at_y[n] * 2**_FINE)
            axes = round(length[n] * 2**_FINE), round(length[n] * thin[n] * 2**_FINE)
            points = np.asarray(cv2.ellipse2Poly(middle, axes, int(angles[n]), 0, 360, 45))
            cv2.fillConvexPoly(shown, points, float(shades[n]), cv2.LINE_AA, _FINE)
        return plane(shown.astype(np.float32))

    return sway


def _clusters(
    dice: np.random.Generator, crown: Crown, bough: npt.NDArray[np.int64], twig: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Leaves hang in tufts about their twigs, twigs about their boughs."""
    boughs = dice.normal(0, 0.42, (_BOUGHS, 2))
    twigs = dice.normal(0, 0.22, (_BOUGHS * _TWIGS, 2))
    at = boughs[bough] + twigs[twig] + dice.normal(0, 0.1, (len(bough), 2))
    return crown.x + at[:, 0] * crown.wide, crown.y + at[:, 1] * crown.high


def _behind(shape: tuple[int, int], crown: Crown) -> Plane:
    height, width = shape
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    far = ((x - crown.x) / crown.wide) ** 2 + ((y - crown.y) / crown.high) ** 2
    return plane(np.clip(1.4 - far, 0, 1))
