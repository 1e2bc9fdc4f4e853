"""How much differs all around a place: what a gust, a shower or a trembling mast does, it does everywhere.

As radar does with clutter (the smallest-of rule of constant false alarm rate detection: Trunk, 1978), a place
is compared with its four neighbourhoods, and the calmest of them counts: beside a thing, however large, one
side is calm.
"""

import cv2
import numpy as np

from services.motion.background import Plane
from services.motion.blobs import Mask

# A neighbourhood's side, in points; its middle is as far away.
ASIDE = 15


def unrest(different: Mask) -> Plane:
    """The part of the calmest neighbourhood that differs, 0 to 1, for each place."""
    density = cv2.blur(different.astype(np.float32), (ASIDE, ASIDE), borderType=cv2.BORDER_REFLECT)
    around = cv2.copyMakeBorder(density, ASIDE, ASIDE, ASIDE, ASIDE, cv2.BORDER_REFLECT)
    middle = slice(ASIDE, -ASIDE)
    beside = np.minimum(around[middle, : -2 * ASIDE], around[middle, 2 * ASIDE :])
    above_below = np.minimum(around[: -2 * ASIDE, middle], around[2 * ASIDE :, middle])
    return np.minimum(beside, above_below)
