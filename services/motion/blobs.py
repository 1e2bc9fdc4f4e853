"""Connected parts of the picture that move."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

_SPECK = np.ones((3, 3), np.uint8)
_JOIN = np.ones((5, 5), np.uint8)
# Joining reaches so far beyond what moves.
_ASIDE = 2


class Blob(NamedTuple):
    """A connected part of the picture that moves: its box in points, its area as a fraction of the whole."""

    x: int
    y: int
    width: int
    height: int
    area: float

    @property
    def part(self) -> tuple[slice, slice]:
        """Its box as rows and columns."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    def near(self, other: "Blob", within: float = 0.25) -> bool:
        """Whether `other` is no farther than so many times its length: by default, may be the same thing."""
        reach = max(2.0, max(self.width, self.height) * within)
        return (
            self.x - reach < other.x + other.width
            and other.x < self.x + self.width + reach
            and self.y - reach < other.y + other.height
            and other.y < self.y + self.height + reach
        )


def blobs(moving: Mask) -> list[Blob]:
    """The parts of a mask, largest first; single specks are dropped, close neighbours joined."""
    cores = cv2.erode(moving.view(np.uint8), _SPECK)
    left, top, width, height = cv2.boundingRect(cores)
    if not width:
        return []
    # Mostly one thing moves, and the rest of the picture need not be searched.
    left, top, right, bottom = max(0, left - _ASIDE), max(0, top - _ASIDE), left + width, top + height
    cores = np.ascontiguousarray(cores[top : bottom + _ASIDE, left : right + _ASIDE])
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(cores, _JOIN))
    areas = (
        np.bincount(labels.ravel(), weights=cores.ravel(), minlength=count).tolist()
        if count > 2
        else [0, cv2.countNonZero(cores)]
    )
    found = []
    for (x, y, wide, high, _), area in zip(stats.tolist()[1:], areas[1:], strict=True):
        found.append(Blob(left + x, top + y, wide, high, area / moving.size))
    return sorted(found, key=lambda blob: blob.area, reverse=True)
