"""Parts of a picture: so many rows and columns of points, where there is something to be looked at."""

import cv2
import numpy as np
import numpy.typing as npt

#: A part of a picture, in rows and columns; and the whole of it.
Part = tuple[slice, slice]
ALL: Part = (slice(None), slice(None))

_Mask = npt.NDArray[np.bool_]


def bounds(mask: _Mask) -> Part | None:
    """The least part that holds all that is set; None where nothing is."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return (slice(top, top + height), slice(left, left + width)) if width else None


def whole(shape: tuple[int, ...], part: Part, mask: _Mask) -> _Mask:
    """A part's mask as one of the whole picture, in which nothing else is set."""
    found = np.zeros(shape, np.bool_)
    found[part] = mask
    return found


def inner(part: Part, where: Part) -> Part:
    """A part of a part as one of the whole picture."""
    rows, columns = (
        slice(outer.start + each.start, outer.start + each.stop)
        for outer, each in zip(part, where, strict=True)
    )
    return rows, columns


def beside(part: Part, shape: tuple[int, ...], reach: int) -> tuple[Part, Part]:
    """A part with what is no farther from it than so many points, and where in that it is itself."""
    rows, columns = (
        slice(max(0, each.start - reach), min(size, each.stop + reach))
        for each, size in zip(part, shape, strict=True)
    )
    inside = (
        slice(part[0].start - rows.start, part[0].stop - rows.start),
        slice(part[1].start - columns.start, part[1].stop - columns.start),
    )
    return (rows, columns), inside
