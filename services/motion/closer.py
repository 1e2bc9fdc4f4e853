"""A closer look at what seems to move, only where it does: what of it stands out?

What a small shift of the quiet picture explains mostly does not, nor what differs no more than all around it.
"""

import numpy as np

from services.motion.background import REACH, Background, Change, Plane
from services.motion.blobs import Blob, Mask
from services.motion.ground import Ground
from services.motion.parts import Part, beside, bounds, inner
from services.motion.shift import Slopes, unshifted
from services.motion.unrest import ASIDE, unrest

# This part of the difference that counts must be left when a small shift has explained what it can.
UNEXPLAINED = 0.7
# Where all around a place differs as well, it must differ by up to so many times more to stand out.
UNREST = 20.0
# What differs by this part of what counts belongs to the unrest.
HINT_OF_UNREST = 0.5
# A gradient depends on the next place.
NEXT = 1


def stands_out(
    suspects: list[Blob], change: Change, background: Background, ground: Ground, least: float
) -> tuple[Part, Mask]:
    """The part of the picture that holds the suspects, and what of it stands out.

    `least` is the difference that counts, in units of the noise.
    """
    part = around(suspects, change.look.picture.shape)
    from_quiet = change.from_quiet[part]
    # A shift can only explain some of it: what differs too little without one need not be fitted.
    enough = from_quiet > HINT_OF_UNREST * least
    enough |= ground.beyond(from_quiet, UNEXPLAINED * least, part)
    beyond = np.zeros_like(from_quiet)
    if (where := bounds(enough)) is not None:
        beyond[where] = _unexplained(change, background, inner(part, where))
    restless = unrest(beyond > HINT_OF_UNREST * least)
    return part, ground.beyond(beyond, UNEXPLAINED * least * (1 + UNREST * restless), part)


def _unexplained(change: Change, background: Background, part: Part) -> Plane:
    """What no small shift explains in a part of the picture, in units of the noise."""
    wider, inside = beside(part, change.look.picture.shape, REACH + NEXT)
    left_over = unshifted(change.look.part(wider), Slopes.of(background.quiet(wider)))[inside]
    return background.beyond_noise(left_over, change, part)


def around(found: list[Blob], shape: tuple[int, ...], aside: int = 2 * ASIDE) -> Part:
    """The rows and columns that hold all of these and what is next to them, so many points aside."""
    top, bottom = min(blob.y for blob in found), max(blob.y + blob.height for blob in found)
    left, right = min(blob.x for blob in found), max(blob.x + blob.width for blob in found)
    return (
        slice(max(0, top - aside), min(shape[0], bottom + aside)),
        slice(max(0, left - aside), min(shape[1], right + aside)),
    )
