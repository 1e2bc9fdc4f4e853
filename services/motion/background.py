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
# One look counts for the noise only up to so many times its variation, so that a passer-by is no noise.
NOISE_CLIP = 5.0
# "A moment ago": long enough for a walker to have moved, short enough for one who stopped to have stopped.
MOMENT_S = 0.35
LEARN_S = 1.0
# Later, more looks than these teach nothing new.
LEARN_EVERY_S = 0.12


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

    # Variance that the quiet picture does not explain, gray levels squared.
    left_over: Plane
    # The same beyond what is usual here, in units of how much that varies; and against a moment ago.
    from_quiet: Plane
    from_recent: Plane
    # Fractions of the picture that grew clearly brighter and darker within a moment.
    brighter: float
    darker: float


class Background:
    """The quiet picture and its noise, both learnt from every look, and the looks of the last moment."""

    def __init__(self, first: Look) -> None:
        # What is usually left over at each place, and by how much that varies (mean absolute deviation).
        self._usual = np.zeros_like(first.picture)
        self._spread = np.zeros_like(first.picture)
        self._recent = deque([first])
        self.replace(first)

    def replace(self, look: Look) -> None:
        """The quiet picture is another one now: begin anew with this look, but keep what noise is known."""
        self._quiet = Look.at(look.picture.copy(), look.time_s)
        self._since_s = self._learnt_s = look.time_s
        self._looks = 1

    def age_s(self, time_s: float) -> float:
        """Seconds since the quiet picture was begun."""
        return time_s - self._since_s

    def compare(self, look: Look) -> Change:
        recent = self._recent
        while len(recent) > 1 and look.time_s - recent[1].time_s >= MOMENT_S:
            recent.popleft()
        left_over = residual(look, self._quiet)
        varies = self._spread + NOISE_FLOOR
        # A moment ago was one noisy picture, not the mean of many: twice the noise, and more variation.
        lately = residual(look, recent[0]) - 2 * self._usual
        light = look.mean - recent[0].mean
        clearly = 3 + 2 * np.sqrt(self._usual + NOISE_FLOOR)
        recent.append(look)
        return Change(
            left_over=left_over,
            from_quiet=(left_over - self._usual) / varies,
            from_recent=lately / (1.4 * varies),
            brighter=fraction(light > clearly),
            darker=fraction(light < -clearly),
        )

    def learn(self, look: Look, change: Change, learning_s: float, *, hold: bool) -> None:
        """Take the look into the noise and, unless told to hold it, into the quiet picture."""
        elapsed_s = look.time_s - self._learnt_s
        young = self.age_s(look.time_s) < LEARN_S
        if elapsed_s < LEARN_EVERY_S and not young:
            return
        self._learnt_s = look.time_s
        self._looks += 1
        fresh = 1 / self._looks if young else 0.0
        beyond = np.minimum(change.left_over - self._usual, NOISE_CLIP * (self._spread + NOISE_FLOOR))
        rate = min(1.0, max(elapsed_s / NOISE_TAU_S, fresh))
        cv2.accumulateWeighted(np.abs(beyond), self._spread, rate)
        self._usual += rate * beyond
        if young or not hold:
            quiet = self._quiet.picture
            cv2.accumulateWeighted(look.picture, quiet, min(1.0, max(elapsed_s / learning_s, fresh)))
            self._quiet = Look.at(quiet, look.time_s)


def blur(plane: Plane) -> Plane:
    return cast("Plane", cv2.blur(plane, WINDOW))


def residual(look: Look, reference: Look) -> Plane:
    """What `reference`, in any light, does not explain of each neighbourhood: variance, gray levels²."""
    together = blur(look.picture * reference.picture) - look.mean * reference.mean
    gain = np.clip(together / (reference.variance + 1), LEAST_GAIN, MOST_GAIN)
    return np.maximum(look.variance - gain * (2 * together - gain * reference.variance), 0)


def fraction(mask: npt.NDArray[np.bool_]) -> float:
    """The part of a mask that is set, 0 to 1."""
    return cv2.countNonZero(mask.view(np.uint8)) / mask.size
