"""What comes and then stays as it is: the digits of a clock in the picture, a lamp in a window. Things move.

Of the looks of the last moment, that in which it came is compared with the present one.
"""

from services.motion.background import Background, Change, Look
from services.motion.blobs import Blob
from services.motion.closer import around
from services.motion.parts import Part

# What moves differs from where it was by more than this part of its difference from the quiet picture.
UNMOVED = 0.05
# Points around a blob in which it would have moved.
BESIDE = 3


class AtRest:
    """The blobs of the look just compared."""

    def __init__(self, change: Change, background: Background) -> None:
        self._change, self._background = change, background

    def came_s(self, blob: Blob) -> float:
        """Of a blob that is new: in the look before, unless that showed there what had been there before.

        What differs from the quiet picture and is at rest, the last digit say, is not what has come now.
        """
        *before, now = self._background.recent
        if not before:
            return now.time_s
        part = self._part(blob)
        at_rest = len(before) > 1 and self._same(before[-1], before[0], part)
        return now.time_s if at_rest else before[-1].time_s

    def stays(self, blob: Blob, since_s: float) -> bool:
        """Whether it shows the same as then, or as in the oldest look that is remembered since."""
        now = self._change.look
        then = next((look for look in self._background.recent if look.time_s >= since_s), now)
        return self._same(now, then, self._part(blob))

    def _same(self, look: Look, before: Look, part: Part) -> bool:
        background, change = self._background, self._change
        return background.apart(look, before, change, part) < UNMOVED * background.differs(change, part)

    def _part(self, blob: Blob) -> Part:
        return around([blob], self._change.look.picture.shape, BESIDE)
