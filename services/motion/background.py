"""What a quiet picture looks like, place by place, and how far a new picture is from it.

A change of light scales and shifts what a place shows; a thing replaces it. So each 5x5 neighbourhood of the
picture is fitted to the same neighbourhood of a reference with a gain and an offset, and only what the fit
leaves over counts: the residual variance of a linear regression (the measure behind normalised cross-
correlation, without its blindness to flat places). It is compared with what this very place is used to leave
over: its noise.

What light at its edges leaves over all the same goes with how much the light around has just changed; and
what comes and goes in a place, a leaf or a raindrop, becomes its noise faster than what comes and stays a
while, a passer-by (blinking places count, as in SuBSENSE: St-Charles, Bilodeau and Bergevin, 2014).
"""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple, cast

import cv2
import numpy as np
import numpy.typing as npt

from services.motion.parts import Part, beside

Plane = npt.NDArray[np.float32]

WINDOW = (5, 5)
# Points from the middle of a neighbourhood to its edge.
REACH = 2
# Light changes contrast within these bounds; beyond them the texture itself has come or gone.
LEAST_GAIN, MOST_GAIN = 0.4, 2.5
# Rounding to whole gray levels and JPEG leave this much over in any place, in gray levels squared.
NOISE_FLOOR = 0.3
NOISE_TAU_S = 6.0
# One look counts for the noise only up to so many times its variation, so that a passer-by is no noise; but
# the look in which something comes counts for more.
NOISE_CLIP = np.float32(5)
ONSET_CLIP = np.float32(15)
# So much of the square of a change of light around a place may be left over in it.
LIGHT_LEAVES = 0.2
AROUND = (21, 21)
# "A moment ago": long enough for a walker to have moved, short enough for one who stopped to have stopped.
MOMENT_S = 0.35
RECENT_VARIES = 1.4
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
        mean, square = blur(picture), picture * picture
        variance = blur(square)
        variance -= np.multiply(mean, mean, out=square)
        return cls(time_s, picture, mean, positive(variance, out=variance))

    def part(self, part: Part) -> "Look":
        """The same of some rows and columns only."""
        return Look(self.time_s, self.picture[part], self.mean[part], self.variance[part])

    def approach(self, other: "Look", together: Plane, rate: float) -> None:
        """Takes in so much of another look, in place; `together` is their covariance in each neighbourhood.

        Means go along with the picture, and so do variances: those of a sum. Nothing is averaged anew.
        """
        cv2.accumulateWeighted(other.picture, self.picture, rate)
        cv2.accumulateWeighted(other.mean, self.mean, rate)
        variance = self.variance
        variance *= (1 - rate) ** 2
        variance += 2 * rate * (1 - rate) * together
        variance += rate**2 * other.variance
        positive(variance, out=variance)


@dataclass(frozen=True, slots=True)
class Change:
    """How far a picture is from the quiet one, and how its light differs from a moment ago."""

    look: Look
    # Variance that the quiet picture does not explain, gray levels squared.
    left_over: Plane
    # What both have in common: their covariance.
    together: Plane
    # What is left over beyond what is usual here and what light excuses, in units of how much that varies.
    from_quiet: Plane
    # What the change of light around each place may leave over in it.
    excused: Plane
    # Fractions of the picture that grew clearly brighter and darker within a moment.
    brighter: float
    darker: float


class Background:
    """The quiet picture and its noise, both learnt from every look, and the looks of the last moment."""

    def __init__(self, first: Look) -> None:
        # What is usually left over at each place, and by how much that varies (mean absolute deviation).
        self._usual = np.zeros_like(first.picture)
        self._spread = np.zeros_like(first.picture)
        # Where the last look was beyond the noise.
        self._beyond = np.zeros(first.picture.shape, np.bool_)
        self._recent = deque([first])
        self._know()
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
        """The next look against the quiet picture."""
        recent = self._recent
        while len(recent) > 1 and look.time_s - recent[1].time_s >= MOMENT_S:
            recent.popleft()
        recent.append(look)
        light = look.mean - recent[0].mean
        around = cast("Plane", cv2.blur(light, AROUND))
        excused = cast("Plane", cv2.multiply(around, around, scale=LIGHT_LEAVES))
        fit = fitted(look, self._quiet)
        from_quiet = fit.left_over - self._usual
        from_quiet -= excused
        from_quiet /= self._varies
        return Change(
            look=look,
            left_over=fit.left_over,
            together=fit.together,
            from_quiet=from_quiet,
            excused=excused,
            brighter=fraction(light > self._clearly),
            darker=fraction(light < -self._clearly),
        )

    def from_recent(self, look: Look, change: Change, part: Part) -> Plane:
        """How far a part of the look just compared is from a moment ago, in the units of `from_quiet`."""
        wider, inside = beside(part, look.picture.shape, REACH)
        # A moment ago was one noisy picture, not the mean of many: twice the noise, and more variation.
        lately = residual(look.part(wider), self._recent[0].part(wider))[inside]
        lately -= 2 * self._usual[part]
        lately -= change.excused[part]
        lately /= RECENT_VARIES * self._varies[part]
        return lately

    @property
    def recent(self) -> list[Look]:
        """The looks of the last moment, the look just compared last; at least that one."""
        return list(self._recent)

    def differs(self, change: Change, part: Part) -> float:
        """How much the look just compared differs in that part from the quiet picture, beyond its noise."""
        return total(positive(change.from_quiet[part]) * self._varies[part])

    def apart(self, look: Look, before: Look, change: Change, part: Part) -> float:
        """The same of two looks of the last moment."""
        known = 2 * self._usual[part] + change.excused[part]
        wider, inside = beside(part, look.picture.shape, REACH)
        left_over = residual(look.part(wider), before.part(wider))[inside]
        return total(positive(left_over - known))

    def beyond_noise(self, left_over: Plane, change: Change, part: Part) -> Plane:
        """What another measure leaves over in a part of the look just compared, as `from_quiet` is given."""
        return (left_over - self._usual[part] - change.excused[part]) / self._varies[part]

    def quiet(self, part: Part) -> Look:
        """A part of the quiet picture."""
        return self._quiet.part(part)

    def learn(self, look: Look, change: Change, learning_s: float, *, hold: bool) -> None:
        """Take the look into the noise and the quiet picture, unless told to hold them."""
        elapsed_s = look.time_s - self._learnt_s
        young = self.age_s(look.time_s) < LEARN_S
        if elapsed_s < LEARN_EVERY_S and not young:
            return
        self._learnt_s = look.time_s
        if hold and not young:
            return
        self._looks += 1
        fresh = 1 / self._looks if young else 0.0
        left_over = change.left_over - self._usual
        most = NOISE_CLIP * self._varies
        beyond = left_over > most
        came = beyond & ~self._beyond
        self._beyond = beyond
        most *= 1 + (ONSET_CLIP / NOISE_CLIP - 1) * came
        np.minimum(left_over, most, out=left_over)
        rate = min(1.0, max(elapsed_s / NOISE_TAU_S, fresh))
        self._usual += rate * left_over
        cv2.accumulateWeighted(np.abs(left_over, out=left_over), self._spread, rate)
        self._know()
        self._quiet.approach(look, change.together, min(1.0, max(elapsed_s / learning_s, fresh)))

    def _know(self) -> None:
        self._varies = self._spread + NOISE_FLOOR
        # A change of a place's mean that its noise does not explain, in gray levels.
        self._clearly = 3 + 2 * cv2.sqrt(self._usual + NOISE_FLOOR)


def blur(plane: Plane) -> Plane:
    return cast("Plane", cv2.blur(plane, WINDOW))


def positive(plane: Plane, out: Plane | None = None) -> Plane:
    """The plane with 0 in place of what is below, in a third of the time that NumPy needs with a number."""
    return cast("Plane", cv2.threshold(plane, 0, 0, cv2.THRESH_TOZERO, dst=out)[1])


class Fit(NamedTuple):
    """How a picture follows from another one, neighbourhood by neighbourhood."""

    # What the reference is to be multiplied by, within bounds.
    gain: Plane
    # The covariance of both, gray levels squared.
    together: Plane
    # The variance that is left over, gray levels squared.
    left_over: Plane


def residual(look: Look, reference: Look) -> Plane:
    """What `reference`, in any light, does not explain of each neighbourhood: variance, gray levels²."""
    return fitted(look, reference).left_over


def fitted(look: Look, reference: Look) -> Fit:
    """The gain that fits `reference` to each neighbourhood best, and what it leaves over.

    In few planes: between two looks others use the processor's caches, and each plane is fetched again.
    """
    product = look.picture * reference.picture
    together = blur(product)
    together -= np.multiply(look.mean, reference.mean, out=product)
    gain = together / np.add(reference.variance, 1, out=product)
    np.clip(gain, LEAST_GAIN, MOST_GAIN, out=gain)
    # variance - gain * (2 * together - gain * reference.variance)
    left_over = np.multiply(gain, reference.variance, out=product)
    left_over -= together
    left_over -= together
    left_over *= gain
    left_over += look.variance
    return Fit(gain, together, positive(left_over, out=left_over))


def total(plane: Plane) -> float:
    """The sum of its values."""
    return cv2.sumElems(plane)[0]


def fraction(mask: npt.NDArray[np.bool_]) -> float:
    """The part of a mask that is set, 0 to 1."""
    return cv2.countNonZero(mask.view(np.uint8)) / mask.size
