"""Follows what moves over several pictures: a thing comes again where it was, noise does not."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

_SPECK = np.ones((3, 3), np.uint8)
_JOIN = np.ones((5, 5), np.uint8)
# A thing may be out of sight for so long, behind a post say, and still be the same.
OUT_OF_SIGHT_S = 0.5
MOST_EVIDENCE = 4.0


class Blob(NamedTuple):
    """A connected part of the picture that moves: its box in points, its area as a fraction of the whole."""

    x: int
    y: int
    width: int
    height: int
    area: float

    def near(self, other: "Blob") -> bool:
        """Whether `other` may be the same thing, a moment earlier."""
        reach = max(2.0, max(self.width, self.height) / 4)
        return (
            self.x - reach < other.x + other.width
            and other.x < self.x + self.width + reach
            and self.y - reach < other.y + other.height
            and other.y < self.y + self.height + reach
        )


@dataclass(frozen=True, slots=True)
class Thing:
    """A blob that was seen, perhaps several times; evidence 1 is enough to believe in it."""

    blob: Blob
    seen_s: float
    evidence: float = 0.0


def blobs(moving: Mask) -> list[Blob]:
    """The parts of a mask, largest first; single specks are dropped, close neighbours joined."""
    cores = cv2.erode(moving.view(np.uint8), _SPECK)
    if not cv2.countNonZero(cores):
        return []
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(cores, _JOIN))
    areas = np.bincount(labels[cores > 0], minlength=count)
    found = []
    for n in range(1, count):
        x, y, width, height = (int(value) for value in stats[n, : cv2.CC_STAT_AREA])
        found.append(Blob(x, y, width, height, float(areas[n]) / moving.size))
    return sorted(found, key=lambda blob: blob.area, reverse=True)


class Things:
    """What moved lately."""

    def __init__(self) -> None:
        self._known: list[Thing] = []

    def forget(self) -> None:
        self._known = []

    def see(self, found: list[tuple[Blob, float]], time_s: float, fading: float) -> list[Thing]:
        """The things to believe in among a new picture's blobs, each given with the evidence that it adds.

        What is not seen any more loses `fading` of its evidence.
        """
        now = [self._sighting(blob, evidence, time_s) for blob, evidence in found]
        lost = [
            replace(thing, evidence=thing.evidence - fading)
            for thing in self._known
            if not any(one.blob.near(thing.blob) for one in now)
        ]
        self._known = now + [t for t in lost if t.evidence > 0 and time_s - t.seen_s < OUT_OF_SIGHT_S]
        return [one for one in now if one.evidence >= 1]

    def _sighting(self, blob: Blob, evidence: float, time_s: float) -> Thing:
        before = max(
            (thing for thing in self._known if blob.near(thing.blob)),
            key=lambda thing: thing.evidence,
            default=Thing(blob, time_s),
        )
        return Thing(blob, time_s, min(MOST_EVIDENCE, before.evidence + evidence))
