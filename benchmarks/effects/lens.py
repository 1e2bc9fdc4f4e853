"""What happens to the camera itself: shaking, knocks, insects, the infrared-cut filter, its clock."""

import cv2
import numpy as np

from benchmarks.effects.fields import gust, moved
from benchmarks.scenery import Effect, Plane, plane


def shake(seed: int, swing: float) -> Effect:
    """The mast trembles in gusts: `swing` heights at the most, at 1 to 5 Hz."""
    dice = np.random.default_rng(seed)
    tones = [(hertz, *dice.uniform(0, 2 * np.pi, 2)) for hertz in (1.1, 2.3, 3.7, 4.9)]
    strength = gust(seed + 1, calm=0.1)

    def tremble(picture: Plane, time_s: float) -> Plane:
        far = swing * picture.shape[0] * strength(time_s) / 2
        dx = far * sum(float(np.sin(2 * np.pi * hertz * time_s + a)) for hertz, a, _ in tones)
        dy = far * sum(float(np.sin(2 * np.pi * hertz * time_s + b)) for hertz, _, b in tones)
        return moved(picture, dx, dy)

    return tremble


def knock(times_s: tuple[float, ...], far: float) -> Effect:
    """Something hits the camera: it swings for a second and looks elsewhere for good."""

    def knocked(picture: Plane, time_s: float) -> Plane:
        dx = dy = 0.0
        for n, at_s in enumerate(times_s):
            since = time_s - at_s
            if since >= 0:
                swing = 1 + np.exp(-since / 0.25) * np.cos(2 * np.pi * 4 * since)
                dx += far * swing * (-1) ** n
                dy += 0.5 * far * swing
        return moved(picture, dx * picture.shape[0], dy * picture.shape[0]) if dx or dy else picture

    return knocked


def insects(seed: int, seconds: float, every_s: float = 2.0) -> Effect:
    """Bright blurred spots dart past the lens, in sight for an eighth to a third of a second."""
    dice = np.random.default_rng(seed)
    count = int(seconds / every_s)
    begin = np.sort(dice.uniform(0, seconds, count))
    lasts = dice.uniform(0.12, 0.36, count)
    start, end = dice.uniform(-0.1, 1.1, (count, 2)), dice.uniform(-0.1, 1.1, (count, 2))
    radius = dice.uniform(0.012, 0.05, count)

    def dart(picture: Plane, time_s: float) -> Plane:
        height, width = picture.shape
        for n in np.flatnonzero((begin <= time_s) & (time_s < begin + lasts)):
            spot = np.zeros(picture.shape, np.uint8)
            done = (time_s - begin[n]) / lasts[n]
            ends = [
                start[n] + (end[n] - start[n]) * part for part in (done, min(1.0, done + 0.04 / lasts[n]))
            ]
            a, b = ((round(x * width), round(y * height)) for x, y in ends)
            cv2.line(spot, a, b, 255, max(2, round(2 * radius[n] * height)), cv2.LINE_AA)
            blurred = cv2.GaussianBlur(spot, (0, 0), 1 + radius[n] * height / 3).astype(np.float32) / 255
            picture = plane(picture + blurred * (240 - picture) * 0.8)
        return picture

    return dart


def clock(high: float, first_s: float = 3575.0) -> Effect:
    """Date and time as the camera writes them into its picture, in letters of this height.

    `first_s` is the time of day that it shows at the beginning.
    """

    def write(picture: Plane, time_s: float) -> Plane:
        now = int(first_s + time_s)
        words = f"2026-11-26 {now // 3600:02d}:{now // 60 % 60:02d}:{now % 60:02d}"
        size = high * picture.shape[0]
        where = (round(size / 2), round(1.5 * size))
        for thick, level in ((3, 10), (1, 245)):
            thickness = max(1, round(thick * size / 14))
            ink = np.zeros(picture.shape, np.uint8)
            cv2.putText(ink, words, where, cv2.FONT_HERSHEY_SIMPLEX, size / 22, 255, thickness, cv2.LINE_AA)
            picture = plane(picture + (level - picture) * (ink.astype(np.float32) / 255))
        return picture

    return write


def infrared(by_night: Plane, spans: tuple[tuple[float, float], ...]) -> Effect:
    """The infrared-cut filter is out within these times; to be put behind the subjects."""

    def switch(picture: Plane, time_s: float) -> Plane:
        return by_night.copy() if any(a <= time_s < b for a, b in spans) else picture

    return switch


def switching(spans: tuple[tuple[float, float], ...], contrast: float = 1.0) -> Effect:
    """What the exposure makes of the filter: a glare, or half a dark second, and then it settles.

    `contrast` is what remains of it by night, for recordings of which only the day is known.
    """

    def settle(picture: Plane, time_s: float) -> Plane:
        for begin, end in spans:
            if begin <= time_s < end and contrast != 1:
                picture = plane(255 * (np.clip(picture, 0, 255) / 255) ** 1.6 * contrast + 20)
            for at_s, gain in ((begin, 0.3), (end, 1.6)):
                if at_s <= time_s < at_s + 2:
                    picture = plane(picture * gain ** float(np.exp(-(time_s - at_s) / 0.4)))
        return plane(np.minimum(picture, 255))

    return settle
