"""Clouds, the sun and the exposure, lamps, headlights, mains light."""

from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.effects.fields import patch, soft
from benchmarks.scenery import Effect, Plane, plane


def cloud(seed: int, shape: tuple[int, int], depth: float, speed: float, edge: float) -> Effect:
    """Shadows of clouds go over the picture, `speed` heights a second, with edges of `edge` heights."""
    height, width = shape
    far = 24
    dice = np.random.default_rng(seed)
    long = np.repeat(dice.random(far) < 0.45, height).astype(np.float32)
    round_and_round = cv2.GaussianBlur(np.tile(long, 3)[None, :], (0, 0), sigmaX=edge * height / 2)[0]
    shadows = round_and_round[len(long) : 2 * len(long)]
    skew = 25 * soft(seed + 1, (height, 1), 0.5) * height / 360
    x = np.arange(width, dtype=np.float32)[None, :] + skew

    def shade(picture: Plane, time_s: float) -> Plane:
        at = np.mod(x - speed * height * time_s, len(shadows)).astype(np.int64) % len(shadows)
        return plane(picture * (1 - depth * shadows[at]))

    return shade


def exposure(levels: Callable[[float], float]) -> Effect:
    """The whole picture so many times as bright at a time."""

    def expose(picture: Plane, time_s: float) -> Plane:
        return plane(np.minimum(picture * levels(time_s), 255))

    return expose


def sun(time_s: float) -> float:
    """The sun comes out within a second, five times a minute, and the camera takes it back in steps."""
    at = time_s % 12
    out = np.clip((at - 5) / 0.8, 0, 1) - np.clip((at - 10) / 0.8, 0, 1)
    taken = np.floor(4 * np.clip((at - 5.6) / 1.6, 0, 1)) - np.floor(4 * np.clip((at - 10.6) / 1.6, 0, 1))
    return float((1 + 0.7 * out) * (1 - 0.085 * taken))


def exposure_steps(time_s: float) -> float:
    """An exposure that hunts in steps of 7 %."""
    return float(
        1.07 ** (round(2.4 * np.sin(2 * np.pi * time_s / 9)) + round(0.8 * np.sin(2 * np.pi * time_s / 3.7)))
    )


def switched(time_s: float) -> float:
    """A light switched on and off every few seconds, the exposure settling after each."""
    at = time_s % 14
    since, on = (at - 6, True) if 6 <= at < 10 else ((at - 10) % 14, False)
    settling = np.exp(-since / 0.5)
    return float(1 + 0.5 * settling if on else 0.55 - 0.25 * settling) * (1.0 if on or time_s > 6 else 1.8)


def lamp(seed: int, shape: tuple[int, int], gain: float, every_s: float = 12.0) -> Effect:
    """A lamp lights a part of the picture, with hard edges where something stands in its light."""
    dice = np.random.default_rng(seed)
    x, y = dice.uniform(0.2, 0.8, 2)
    light = patch(shape, ((float(x), float(y), 0.3, 0.4),))
    light = plane(cv2.GaussianBlur(light, (0, 0), shape[0] / 12))
    height, width = shape
    for _ in range(4):
        left, top = int(dice.uniform(0, 0.8) * width), int(dice.uniform(0, 0.8) * height)
        light[top : top + height // 4, left : left + width // 14] *= 0.4

    def shine(picture: Plane, time_s: float) -> Plane:
        at = time_s % every_s
        on = np.clip((at - every_s / 2) / 0.15, 0, 1) - np.clip((at - every_s * 0.92) / 0.15, 0, 1)
        return plane(np.minimum(picture * (1 + gain * on * light) + 25 * on * light, 255))

    return shine


def headlights(seed: int, shape: tuple[int, int], every_s: float = 7.0) -> Effect:
    """Every few seconds a car outside throws its light across the picture."""
    height, width = shape
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(height, dtype=np.float32)[:, None]
    dice = np.random.default_rng(seed)
    depth = np.clip(1 + 0.3 * soft(seed, shape, 0.15), 0.3, 1.7)
    rows = dice.uniform(0.3, 0.7, 99)

    def sweep(picture: Plane, time_s: float) -> Plane:
        turn, at = divmod(time_s, every_s)
        done = (at - 2) / 2.2
        if not 0 <= done <= 1:
            return picture
        centre = (1.6 * done - 0.3) * width * (1 if turn % 2 else -1) + (0 if turn % 2 else width)
        beam = np.exp(
            -(((x - centre) / (0.14 * width)) ** 2) - ((y / height - rows[int(turn) % 99]) / 0.3) ** 2
        )
        return plane(np.minimum(picture * (1 + 2.2 * beam * depth) + 8 * beam, 255))

    return sweep


def banding(depth: float, bands: float, hertz: float) -> Effect:
    """A rolling shutter under mains light: bands that wander up the picture."""

    def band(picture: Plane, time_s: float) -> Plane:
        y = np.arange(picture.shape[0], dtype=np.float32)[:, None] / picture.shape[0]
        return plane(picture * (1 + depth * np.sin(2 * np.pi * (bands * y + hertz * time_s))))

    return band


def fog(left: float = 0.3) -> Effect:
    """A veil that leaves so much of the contrast, thicker and thinner as it drifts."""

    def veil(picture: Plane, time_s: float) -> Plane:
        clear = left * (1 + 0.15 * float(np.sin(2 * np.pi * time_s / 17)))
        return plane(picture * clear + 170 * (1 - clear))

    return veil
