"""Wind, water, rain and snow."""

import cv2
import numpy as np

from benchmarks.effects.fields import gust, moved, soft
from benchmarks.scenery import Effect, Plane, plane


def wind(seed: int, foliage: Plane, swing: float) -> Effect:
    """Foliage (0 to 1 per pixel) swings by about `swing` heights: boughs slowly and far, leaves fast."""
    shape = (foliage.shape[0], foliage.shape[1])
    dice = np.random.default_rng(seed)
    modes = []
    for hertz, grain, part in ((0.35, 0.4, 1.0), (0.8, 0.2, 0.6), (1.5, 0.1, 0.35), (2.6, 0.05, 0.2)):
        fields = [soft(int(dice.integers(1 << 30)), shape, grain) for _ in range(3)]
        modes.append((hertz, part * swing * shape[0] * foliage / 1.5, *fields))
    strength = gust(seed)

    def sway(picture: Plane, time_s: float) -> Plane:
        dx = np.zeros(shape, np.float32)
        dy = np.zeros(shape, np.float32)
        for hertz, size, along, across, phase in modes:
            wave = np.sin(2 * np.pi * hertz * time_s + phase) * size * strength(time_s)
            dx += wave * along
            dy += 0.4 * wave * across
        return moved(picture, dx, dy)

    return sway


def water(seed: int, where: Plane, swing: float) -> Effect:
    """Short waves cross one another on `where`, farther up in the picture finer ones, and glitter."""
    shape = (where.shape[0], where.shape[1])
    height = shape[0]
    dice = np.random.default_rng(seed)
    # Seen at a slant: what is farther away is flatter and finer.
    y = np.linspace(1.4, 0.6, height, dtype=np.float32)[:, None] ** 2
    x = np.arange(shape[1], dtype=np.float32)[None, :] / height
    waves = []
    for k in np.geomspace(5, 28, 14):
        heading = dice.uniform(-1.3, 1.3)
        # In deep water the frequency goes with the root of the wave number.
        waves.append((k * np.cos(heading), k * np.sin(heading), 0.45 * np.sqrt(k), dice.uniform(0, 6.3)))

    def ripple(picture: Plane, time_s: float) -> Plane:
        surface = np.zeros(shape, np.float32)
        for down, across, hertz, phase in waves:
            angle = 2 * np.pi * (down * 1.6 * y + across * x - hertz * time_s) + phase
            surface += np.sin(angle).astype(np.float32)
        surface /= np.sqrt(len(waves) / 2)
        shown = moved(picture, where * surface * swing * height, where * surface * swing * height / 2)
        glints = np.clip(surface + dice.normal(0, 0.3, shape).astype(np.float32) - 2.2, 0, 0.8)
        return plane(shown + where * (7 * surface + 140 * glints))

    return ripple


def rain(seed: int, drops: int, bright: float = 45) -> Effect:
    """Streaks, each in one picture only, some near the lens and large."""
    dice = np.random.default_rng(seed)

    def fall(picture: Plane, _time_s: float) -> Plane:
        height, width = picture.shape
        veil = np.zeros(picture.shape, np.uint8)
        for x, y, near in zip(
            dice.uniform(0, width, drops),
            dice.uniform(0, height, drops),
            dice.exponential(1, drops),
            strict=True,
        ):
            length = (0.03 + 0.05 * near) * height
            thick = 1 if near < 1.5 else max(1, round(near * height / 360))
            end = (round(x + 0.15 * length), round(y + length))
            cv2.line(veil, (round(x), round(y)), end, min(255, int(90 + 60 * near)), thick, cv2.LINE_AA)
        soft_veil = cv2.GaussianBlur(veil, (0, 0), 0.8).astype(np.float32) / 255
        return plane(picture + soft_veil * bright * 1.6 * (1 - picture / 300))

    return fall


def snow(seed: int, flakes: int, near: int = 3) -> Effect:
    """Flakes that fall and drift, some of them close to the lens, where they are large and fast."""
    dice = np.random.default_rng(seed)
    size = np.concatenate([dice.uniform(0.004, 0.009, flakes), dice.uniform(0.02, 0.04, near)])
    count = len(size)
    x, y = dice.uniform(0, 2, count), dice.uniform(0, 1, count)
    down = 25 * size * dice.uniform(0.7, 1.3, count) + 0.15
    aside = dice.normal(0.1, 0.1, count) * down
    period = 1 + 2 * size

    def fall(picture: Plane, time_s: float) -> Plane:
        height, width = picture.shape
        veil = np.zeros(picture.shape, np.uint8)
        turns = y + down * time_s
        for n in range(count):
            turn, at = divmod(turns[n], period[n])
            left = (x[n] + aside[n] * time_s + 0.37 * turn) % (width / height + 0.1)
            centre = round(left * height * 8), round((at - size[n]) * height * 8)
            cv2.circle(veil, centre, max(6, round(size[n] * height * 4)), 200, -1, cv2.LINE_AA, 3)
        flakes_now = cv2.GaussianBlur(veil, (0, 0), 0.9).astype(np.float32) / 255
        return plane(picture + flakes_now * (235 - picture) * 0.8)

    return fall
