"""Connected parts of the picture that move."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

_SPECK = np.ones((3, 3), np.uint8)
_JOIN = np.ones((5, 5), np.uint8)


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
    if not cv2.countNonZero(cores):
        return []
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(cores, _JOIN))
    areas = np.bincount(labels[cores > 0], minlength=count)
    found = []
    for n in range(1, count):
        x, y, width, height = (int(value) for value in stats[n, : cv2.CC_STAT_AREA])
        found.append(Blob(x, y, width, height, float(areas[n]) / moving.size))
    return sorted(found, key=lambda blob: blob.area, reverse=True)
