"""What a quiet picture looks like, place by place, and how far a new picture is from it.

A change of light scales and shifts what a place shows; a thing replaces it. So each 5x5 neighbourhood of the
picture is fitted to the same neighbourhood of a reference with a gain and an offset, and only what the fit
leaves over counts: the residual variance of a linear regression (the measure behind normalised cross-
correlation, without its blindness to flat places). It is compared with what this very place is used to leave
over: its noise.
"""

from collections import deque
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]

WINDOW = (5, 5)
# Light changes contrast within these bounds; beyond them the texture itself has come or gone.
LEAST_GAIN, MOST_GAIN = 0.4, 2.5
# Rounding to whole gray levels and JPEG leave this much over in any place, in gray levels squared.
NOISE_FLOOR = 0.6
NOISE_TAU_S = 6.0
# One look raises a place's noise by no more than so many times itself, so that a passer-by is no noise.
NOISE_CLIP = 5.0
# "A moment ago": long enough for a walker to have moved, short enough for one who stopped to have stopped.
MOMENT_S = 0.35
LEARN_S = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """A picture `(h, w)` at a time in seconds, with mean and variance of each 5x5 neighbourhood."""

    time_s: float
    picture: Plane
    mean: Plane
    variance: Plane

    @classmethod
    def at(cls, picture: Plane, time_s: float) -> "Look":
        mean = blur(picture)
        return cls(time_s, picture, mean, np.maximum(blur(picture * picture) - mean * mean, 0))


@dataclass(frozen=True, slots=True)
class Change:
    """How far a picture is from the quiet one and from a moment ago."""

    # What is left over, in units of the place's noise.
    from_quiet: Plane
    from_recent: Plane
    # Fractions of the picture that grew clearly brighter and darker within a moment.
    brighter: float
    darker: float


class Background:
    """The quiet picture and its noise, both learnt from every look, and the looks of the last moment."""

    def __init__(self, first: Look) -> None:
        self._noise = np.zeros_like(first.picture)
        self._recent = deque([first])
        self.replace(first)

    def replace(self, look: Look) -> None:
        """The quiet picture was a different one: begin anew with this look, but keep what is known of the noise."""
        self._quiet = Look.at(look.picture.copy(), look.time_s)
        self._since_s = look.time_s
        self._looks = 1

    def age_s(self, time_s: float) -> float:
        """Seconds since the quiet picture was begun."""
        return time_s - self._since_s

    def compare(self, look: Look) -> Change:
        recent = self._recent
        while len(recent) > 1 and look.time_s - recent[1].time_s >= MOMENT_S:
            recent.popleft()
        noise = self._noise + NOISE_FLOOR
        from_quiet = residual(look, self._quiet) / noise
        from_recent = residual(look, recent[0]) / (2 * noise)  # two noisy pictures
        light = look.mean - recent[0].mean
        clearly = 3 + 2 * np.sqrt(noise)
        brighter, darker = fraction(light > clearly), fraction(light < -clearly)
        recent.append(look)
        return Change(from_quiet, from_recent, brighter, darker)

    def learn(self, look: Look, change: Change, elapsed_s: float, learning_s: float, *, hold: bool) -> None:
        """Take the look into the noise and, unless told to hold it, into the quiet picture."""
        self._looks += 1
        fresh = 1 / self._looks if self.age_s(look.time_s) < LEARN_S else 0.0
        left_over = np.minimum(change.from_quiet, NOISE_CLIP) * (self._noise + NOISE_FLOOR)
        cv2.accumulateWeighted(left_over, self._noise, min(1.0, max(elapsed_s / NOISE_TAU_S, fresh)))
        if not hold or fresh:
            quiet = self._quiet.picture
            cv2.accumulateWeighted(look.picture, quiet, min(1.0, max(elapsed_s / learning_s, fresh)))
            self._quiet = Look.at(quiet, look.time_s)


def blur(plane: Plane) -> Plane:
    return cast("Plane", cv2.blur(plane, WINDOW))


def residual(look: Look, reference: Look) -> Plane:
    """What each neighbourhood of `reference`, in any light, does not explain: variance in gray levels squared."""
    together = blur(look.picture * reference.picture) - look.mean * reference.mean
    gain = np.clip(together / (reference.variance + 1), LEAST_GAIN, MOST_GAIN)
    return np.maximum(look.variance - gain * (2 * together - gain * reference.variance), 0)


def fraction(mask: npt.NDArray[np.bool_]) -> float:
    """The part of a mask that is set, 0 to 1."""
    return cv2.countNonZero(mask.view(np.uint8)) / mask.size
