"""Gray pictures made in numpy: a textured scene with a sensor's noise, things that cross it, light on it."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from services.motion.decode import Gray
from services.motion.detector import Decision, Detector

FPS = 10
HEIGHT, WIDTH = 144, 256
# A sheet of noise is moved about by so much: as good as fresh noise, and quick.
_SHIFTS = 64

Plane = np.ndarray[tuple[int, int], np.dtype[np.float32]]
Change = Callable[[Plane, float], Plane]


def backdrop(seed: int = 1) -> Plane:
    """A textured scene, gray levels 60 to 190."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(60, 190, (HEIGHT // 8, WIDTH // 8)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)


def scene(
    seconds: float, change: Change | None = None, noise: float = 2.0, from_s: float = 0.0, fps: float = FPS
) -> Iterator[tuple[Gray, float]]:
    """Pictures with their times; `change` draws on the scene at a time, before the sensor's noise."""
    rng = np.random.default_rng(2)
    scenery = backdrop()
    sheet = rng.normal(0, noise, (HEIGHT + _SHIFTS, WIDTH + _SHIFTS)).astype(np.float32)
    for n in range(round(seconds * fps)):
        time_s = from_s + n / fps
        picture = scenery.copy()
        if change:
            picture = change(picture, time_s)
        down, right = rng.integers(0, _SHIFTS, 2)
        noisy = picture + sheet[down : down + HEIGHT, right : right + WIDTH]
        yield noisy.clip(0, 255).astype(np.uint8), time_s


def crossing(start_s: float, duration_s: float = 5.0, width: int = 14, height: int = 40) -> Change:
    """Somebody in dark clothes walks through the picture from the left to the right."""

    def draw(picture: Plane, time_s: float) -> Plane:
        done = (time_s - start_s) / duration_s
        if 0 <= done < 1:
            x = int(done * WIDTH)
            picture[70 : 70 + height, x : x + width] = 30
            picture[70 : 70 + height // 4, x : x + width] = 200
        return picture

    return draw


def watch(detector: Detector, pictures: Iterator[tuple[Gray, float]]) -> list[tuple[float, Decision]]:
    return [(time_s, detector.look(picture, time_s)) for picture, time_s in pictures]


def moving_times(decisions: list[tuple[float, Decision]]) -> list[float]:
    return [round(time_s, 3) for time_s, decision in decisions if decision.moving]
