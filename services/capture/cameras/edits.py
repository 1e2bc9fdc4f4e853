"""What is to be done to a camera's pictures before anybody gets them."""

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
"""x and y as fractions of the picture's width and height, from its upper left corner."""

Polygon = tuple[Point, ...]
Rotation = Literal[0, 90, 180, 270]


@dataclass(frozen=True, slots=True)
class Edits:
    """Done in this order: masks, crop, rotation, size, timestamp.

    Masks and crop are fractions of the camera's own picture, upright as a browser shows it. So a mask stays
    on what it hides, whatever else is changed.
    """

    masks: tuple[Polygon, ...] = ()
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)  # left, top, right, bottom
    rotate: Rotation = 0  # degrees clockwise
    width: int = 0  # 0: follows from the height, or stays
    height: int = 0
    timestamp: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything to do: each picture is then decoded and encoded again."""
        return self != NO_EDITS


NO_EDITS = Edits()
