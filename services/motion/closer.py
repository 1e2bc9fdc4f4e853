"""A closer look at what seems to move, only where it does: what of it stands out?

What a small shift of the quiet picture explains mostly does not, nor what differs no more than all around it.
"""

from services.motion.background import Background, Change
from services.motion.blobs import Blob, Mask
from services.motion.ground import Ground, Part
from services.motion.shift import Slopes, unshifted
from services.motion.unrest import ASIDE, unrest

# This part of the difference that counts must be left when a small shift has explained what it can.
UNEXPLAINED = 0.7
# Where all around a place differs as well, it must differ by up to so many times more to stand out.
UNREST = 20.0
# What differs by this part of what counts belongs to the unrest.
HINT_OF_UNREST = 0.5


def stands_out(
    suspects: list[Blob], change: Change, background: Background, ground: Ground, least: float
) -> tuple[Part, Mask]:
    """The part of the picture that holds the suspects, and what of it stands out.

    `least` is the difference that counts, in units of the noise.
    """
    part = around(suspects, change.look.picture.shape)
    left_over = unshifted(change.look.part(part), Slopes.of(background.quiet(part)))
    beyond = background.beyond_noise(left_over, change, part)
    restless = unrest(beyond > HINT_OF_UNREST * least)
    return part, ground.beyond(beyond, UNEXPLAINED * least * (1 + UNREST * restless), part)


def around(found: list[Blob], shape: tuple[int, ...], aside: int = 2 * ASIDE) -> Part:
    """The rows and columns that hold all of these and what is next to them, so many points aside."""
    top, bottom = min(blob.y for blob in found), max(blob.y + blob.height for blob in found)
    left, right = min(blob.x for blob in found), max(blob.x + blob.width for blob in found)
    return (
        slice(max(0, top - aside), min(shape[0], bottom + aside)),
        slice(max(0, left - aside), min(shape[1], right + aside)),
    )
