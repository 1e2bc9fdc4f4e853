"""Smooth random fields, soft patches and displacements that effects are made of; lengths are in heights."""

from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.scenery import Plane, plane


def soft(seed: int, shape: tuple[int, int], grain: float) -> Plane:
    """A smooth random field, mean 0 and deviation 1, that varies over `grain` heights."""
    height, width = shape
    cells = max(2, round(1 / grain) + 3), max(2, round(width / height / grain) + 3)
    coarse = np.random.default_rng(seed).normal(0, 1, cells).astype(np.float32)
    field = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    return plane((field - field.mean()) / (field.std() + 1e-6))


def patch(shape: tuple[int, int], spots: tuple[tuple[float, float, float, float], ...]) -> Plane:
    """1 inside soft ellipses `(x, y, radius x, radius y)`, given as fractions of width and height."""
    height, width = shape
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    mask = np.zeros(shape, np.float32)
    for at_x, at_y, wide, high in spots:
        far = np.sqrt(((x - at_x) / wide) ** 2 + ((y - at_y) / high) ** 2)
        mask = np.maximum(mask, np.clip((1.15 - far) / 0.3, 0, 1))
    return mask


def moved(picture: Plane, dx: Plane | float, dy: Plane | float) -> Plane:
    height, width = picture.shape
    x = np.broadcast_to(np.arange(width, dtype=np.float32)[None, :] + dx, picture.shape).astype(np.float32)
    y = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None] + dy, picture.shape).astype(np.float32)
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)


def gust(seed: int, calm: float = 0.25) -> Callable[[float], float]:
    """Strength over time, `calm` to 1: the wind rises and falls within seconds."""
    a, b = np.random.default_rng(seed).uniform(0, 2 * np.pi, 2)

    def strength(time_s: float) -> float:
        wave = 0.5 + 0.3 * np.sin(2 * np.pi * 0.07 * time_s + a) + 0.2 * np.sin(2 * np.pi * 0.19 * time_s + b)
        return calm + (1 - calm) * float(np.clip(1.3 * wave, 0, 1))

    return strength


def sudden(seed: int, calm: float = 0.12, every_s: float = 7.0) -> Callable[[float], float]:
    """Strength over time, `calm` to 1: gusts that come within a second and lie down within three."""
    dice = np.random.default_rng(seed)
    begins = np.cumsum(dice.uniform(0.5, 1.5, 60) * every_s)
    peaks, lasts = dice.uniform(0.3, 1.0, 60), dice.uniform(0.5, 4, 60)

    def strength(time_s: float) -> float:
        since = time_s - begins
        gusts = peaks * np.clip(since / 0.8, 0, 1) * np.clip((lasts + 3 - since) / 3, 0, 1)
        return calm + (1 - calm) * float(gusts.max())

    return strength
