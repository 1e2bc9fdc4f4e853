"""How often blobs appear that come to nothing, and so how many sightings in a row make a thing.

Rain, water and leaves make blobs as well, and one may turn up by chance where another was. If a chance blob
covers a place with probability p in any picture, n sightings in a row begin by chance in `starts * p**(n-1)`
of the pictures, so n follows from how often that may happen: an a-contrario test (Desolneux, Moisan and
Morel, "Meaningful alignments", 2000), with probabilities that are counted here, place by place.
"""

from math import log

import cv2
import numpy as np

from services.motion.blobs import Blob

# A square of so many points a side counts as one place.
CELL = 8
FORGETS_S = 20.0
# One alarm by chance in so many pictures may be.
TOLERATED = 3e-4
LEAST, MOST = 1e-3, 0.9


class Chance:
    """Counts the blobs that no thing came of."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        cells = -(-shape[0] // CELL), -(-shape[1] // CELL)
        # For each cell the probability that such a blob covers it; and how many begin in a picture.
        self._covers = np.zeros(cells, np.float32)
        self._starts = 0.0
        self._weight = 0.0

    def next_picture(self, elapsed_s: float) -> None:
        self._weight = min(1.0, elapsed_s / FORGETS_S)
        self._covers *= 1 - self._weight
        self._starts *= 1 - self._weight

    def came_to_nothing(self, sightings: tuple[Blob, ...]) -> None:
        self._starts += self._weight
        for blob in sightings:
            # Another of its size is near it when its middle lies within a box of about twice the size.
            self._covers[_cells(blob, blob.width // 2 + 2, blob.height // 2 + 2)] += self._weight

    def sightings(self, blob: Blob) -> float:
        """How many in a row, up to and with this blob, are no chance any more; 1 in a calm scene."""
        if self._starts <= TOLERATED:
            return 1.0
        covered = max(cv2.mean(self._covers[_cells(blob)])[0], cv2.mean(self._covers)[0])
        return 1 + log(self._starts / TOLERATED) / -log(min(MOST, max(LEAST, covered)))


def _cells(blob: Blob, aside: int = 0, above: int = 0) -> tuple[slice, slice]:
    return (
        slice(max(0, blob.y - above) // CELL, (blob.y + blob.height - 1 + above) // CELL + 1),
        slice(max(0, blob.x - aside) // CELL, (blob.x + blob.width - 1 + aside) // CELL + 1),
    )
