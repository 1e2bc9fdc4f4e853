"""A cheap first look: does anything differ from the quiet picture that was looked at closely last?

Means of blocks, against how far each block's mean is off while nothing happens. It costs a few per cent of
the detector, and may be wrong: whatever it sees is looked at closely, and what it misses a little later.
"""

import cv2
import numpy as np

from services.motion.background import Plane
from services.motion.decode import Gray

#: Pixels of a side of a block: one is a six-hundredth of the usual picture.
BLOCK = 10
#: A block differs that is off by so many times what is usual, and by so many gray levels more.
TIMES, LEAST = np.float32(5), np.float32(0.7)
#: What is usual is known after so many pictures, and is an average of about so many.
FEW, MANY = 20, 50


class Glance:
    """Knows the last quiet picture of a camera, and its noise."""

    def __init__(self) -> None:
        self._quiet: Plane | None = None
        self._usual: Plane | None = None
        self._known = 0

    def differs(self, gray: Gray) -> bool:
        """Whether a picture is worth a closer look; True as long as nothing is known."""
        blocks = means(gray)
        quiet, usual = self._quiet, self._usual
        if quiet is None or usual is None or quiet.shape != blocks.shape:
            return True
        off = np.abs(blocks - quiet)
        if self._known >= FEW and bool((off > TIMES * usual + LEAST).any()):
            return True
        self._known += 1
        usual += (off - usual) / min(self._known, MANY)
        return self._known <= FEW

    def was_quiet(self, gray: Gray) -> None:
        """A closer look has found nothing in this picture."""
        blocks = means(gray)
        if self._quiet is None or self._quiet.shape != blocks.shape:
            self._usual, self._known = np.zeros_like(blocks), 0
        self._quiet = blocks


def means(gray: Gray) -> Plane:
    """The picture's blocks, gray levels as float32."""
    height, width = gray.shape
    size = (max(1, width // BLOCK), max(1, height // BLOCK))
    return np.asarray(cv2.resize(gray.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
