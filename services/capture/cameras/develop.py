"""Pixels as they are wanted: masked, cropped, turned, scaled and dated, then encoded once."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

import cv2
import numpy as np

from services.capture.cameras.camera import Picture
from services.capture.cameras.edits import Edits, Point, Polygon
from services.capture.cameras.encode import Image, encode

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
# A JPEG's colours are kept at half the size and smoothed when read, so what is masked tints two pixels more.
_MARGIN = 2
_FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True)
class Developer:
    """Makes the JPEG that a camera's pixels become. `zone` is that of the timestamp; None: this machine's."""

    edits: Edits
    quality: int
    zone: tzinfo | None = None

    def __call__(self, image: Image, when: datetime) -> bytes:
        return encode(self.edited(image, when) if self.edits else image, self.quality)

    def picture(self, content: bytes | Image, when: datetime, kind: str) -> Picture:
        """A JPEG as it is; pixels that came out of this kind of video or picture developed."""
        if isinstance(content, bytes):
            return Picture(content, when)
        return Picture(self(content, when), when, kind)

    def edited(self, image: Image, when: datetime) -> Image:
        """The edits alone; the image that was given may be drawn into."""
        edits = self.edits
        _blacken(image, edits.masks)
        image = _cropped(image, edits)
        if edits.rotate:
            image = np.asarray(cv2.rotate(image, _TURNS[edits.rotate]), np.uint8)
        image = _scaled(image, edits)
        if edits.timestamp:
            image = np.ascontiguousarray(image)
            _write(image, f"{when.astimezone(self.zone):%Y-%m-%d %H:%M:%S}")
        return image


def _blacken(image: Image, masks: tuple[Polygon, ...]) -> None:
    height, width = image.shape[:2]
    for mask in masks:
        corners = np.array([_corner(point, width, height) for point in mask], np.int32)
        cv2.fillPoly(image, [corners], (0, 0, 0))
        cv2.polylines(image, [corners], True, (0, 0, 0), 2 * _MARGIN + 1)


def _corner(point: Point, width: int, height: int) -> tuple[int, int]:
    return round(point[0] * (width - 1)), round(point[1] * (height - 1))


def _cropped(image: Image, edits: Edits) -> Image:
    height, width = image.shape[:2]
    left, top, right, bottom = edits.crop
    x, y = min(round(left * width), width - 1), min(round(top * height), height - 1)
    return image[y : max(y + 1, round(bottom * height)), x : max(x + 1, round(right * width))]


def _scaled(image: Image, edits: Edits) -> Image:
    height, width = image.shape[:2]
    to_width = edits.width or max(1, round(width * (edits.height or height) / height))
    to_height = edits.height or max(1, round(height * to_width / width))
    if (to_width, to_height) == (width, height):
        return image
    way = cv2.INTER_AREA if to_width * to_height < width * height else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (to_width, to_height), interpolation=way), np.uint8)


def _write(image: Image, text: str) -> None:
    """White with a black edge, in the lower left corner: legible on whatever is behind it."""
    height, width = image.shape[:2]
    size = height / 720
    (length, _), _ = cv2.getTextSize(text, _FONT, size, 1)
    size *= min(1.0, 0.95 * width / max(1, length))
    stroke = max(1, round(2 * size))
    at = max(2, round(0.015 * width)), height - max(3, round(0.02 * height))
    for colour, thickness in (((0, 0, 0), 3 * stroke), ((255, 255, 255), stroke)):
        cv2.putText(image, text, at, _FONT, size, colour, thickness, cv2.LINE_AA)
