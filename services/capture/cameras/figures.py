"""Who comes along the demo's street: walking people and cars, drawn once each and then only pasted."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.capture.cameras.encode import Image

Colour = tuple[int, int, int]  # blue, green, red
Point = tuple[float, float]

PHASES = 8  # drawings of one double step
_FINE = 4  # drawn so many times larger, then scaled down: smooth edges
_SKIN: Colour = (138, 168, 206)
_RUBBER: Colour = (38, 36, 34)


@dataclass(frozen=True, slots=True)
class Sprite:
    """A picture with soft edges: its colours, weighted, and how much of 256 is seen of what is behind."""

    colours: NDArray[np.uint16]  # height x width x 3
    behind: NDArray[np.uint16]

    def mirrored(self) -> "Sprite":
        return Sprite(self.colours[:, ::-1], self.behind[:, ::-1])

    def paste(self, image: Image, x: int, y: int, opacity: float = 1.0) -> tuple[slice, slice] | None:
        """Draws itself, its lower edge's middle at (x, y); answers which part of the image that changed."""
        height, width = self.behind.shape[:2]
        top, left = y - height, x - width // 2
        rows = slice(max(top, 0), min(y, image.shape[0]))
        columns = slice(max(left, 0), min(left + width, image.shape[1]))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return None
        own = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
        colours, behind = self.colours[own], self.behind[own]
        if opacity < 1.0:
            colours = (colours * opacity).astype(np.uint16)
            behind = (256 - (256 - behind) * opacity).astype(np.uint16)
        part = image[rows, columns]
        part[:] = (part * behind + colours) >> 8
        return rows, columns


def person(height: int, coat: Colour, trousers: Colour) -> list[Sprite]:
    """Somebody walking to the right: the phases of a double step, from its beginning."""
    return [_walker(height, coat, trousers, 2 * np.pi * phase / PHASES) for phase in range(PHASES)]


def _walker(height: int, coat: Colour, trousers: Colour, phase: float) -> Sprite:
    pen = _Pen(width=round(height * 0.62), height=height, unit=height)
    swing = np.sin(phase)
    hip, shoulder, bob = (0.31, 0.50), (0.32, 0.25), 0.012 * abs(np.cos(phase))
    pen.ellipse((0.31, 0.975), (0.22, 0.022), (30, 30, 30), 0.35)
    for side in (-1, 1):  # the far arm and leg first
        far = 0.78 if side < 0 else 1.0
        stride = side * swing
        lifted = max(0.0, side * np.cos(phase)) * 0.05
        knee = (hip[0] + 0.085 * stride + 0.02, 0.73)
        foot = (hip[0] + 0.17 * stride, 0.955 - lifted)
        pen.limb([(hip[0], hip[1] - bob), knee, foot], 0.095, _shade(trousers, far))
        pen.limb([foot, (foot[0] + 0.055, foot[1] + 0.008)], 0.042, _shade(_RUBBER, far))
        hand = (shoulder[0] - 0.13 * stride + 0.03, 0.50)
        pen.limb(
            [shoulder, (shoulder[0] - 0.07 * stride - 0.015, 0.39), hand], 0.066, _shade(coat, far * 0.9)
        )
        pen.ellipse(hand, (0.024, 0.026), _shade(_SKIN, far))
        if side < 0:
            pen.limb([(0.32, 0.26), (0.315, 0.50)], 0.19, coat)
            pen.limb([(0.325, 0.13), (0.32, 0.2)], 0.06, _SKIN)
            pen.ellipse((0.335, 0.095 - bob), (0.058, 0.072), _SKIN)
            pen.ellipse((0.318, 0.072 - bob), (0.062, 0.056), (34, 44, 62))
    return pen.finish()


def car(height: int, paint: Colour, van: bool) -> Sprite:
    """A car that drives to the right."""
    pen = _Pen(width=round(height * 2.95), height=height, unit=height)
    body: list[Point] = [
        (0.06, 0.78), (0.05, 0.50), (0.12, 0.42), (0.42, 0.38), (0.80, 0.08), (1.00, 0.04), (1.55, 0.04),
        (1.72, 0.08), (2.10, 0.38), (2.62, 0.46), (2.80, 0.56), (2.86, 0.80), (2.80, 0.85), (0.12, 0.85),
    ]  # fmt: skip
    glass: list[list[Point]] = [
        [(0.58, 0.37), (0.86, 0.13), (1.18, 0.11), (1.18, 0.39)],
        [(1.25, 0.11), (1.54, 0.11), (1.66, 0.14), (1.94, 0.39), (1.25, 0.39)],
    ]
    if van:
        body[2:6] = [(0.08, 0.06), (0.14, 0.02), (0.80, 0.01), (1.00, 0.01)]
        glass[0] = [(0.98, 0.12), (1.18, 0.12), (1.18, 0.39), (0.98, 0.39)]
    pen.ellipse((1.46, 0.93), (1.42, 0.055), (20, 20, 20), 0.5)
    pen.polygon(body, paint)
    sill: list[Point] = [(0.05, 0.66), (2.84, 0.66), (2.86, 0.80), (2.80, 0.85), (0.12, 0.85), (0.06, 0.78)]
    pen.polygon(sill, _shade(paint, 0.72))
    for pane in glass:
        pen.polygon(pane, (74, 64, 54))
        pen.polygon([pane[0], pane[1], ((pane[1][0] + pane[2][0]) / 2, pane[1][1])], (124, 112, 100))
    pen.limb([(1.215, 0.40), (1.215, 0.82)], 0.012, _shade(paint, 0.55))
    pen.limb([(1.30, 0.47), (1.42, 0.47)], 0.022, _shade(paint, 0.5))
    pen.polygon([(2.60, 0.50), (2.80, 0.55), (2.81, 0.63), (2.64, 0.60)], (214, 236, 242))
    pen.polygon([(0.05, 0.50), (0.15, 0.50), (0.14, 0.62), (0.055, 0.62)], (48, 44, 190))
    for x in (0.62, 2.28):
        pen.ellipse((x, 0.76), (0.245, 0.235), _shade(paint, 0.4))
        pen.ellipse((x, 0.77), (0.205, 0.205), _RUBBER)
        pen.ellipse((x, 0.77), (0.125, 0.125), (150, 150, 150))
        pen.ellipse((x, 0.77), (0.045, 0.045), (80, 80, 80))
    return pen.finish()


class _Pen:
    """Draws in units of the figure's height onto a large canvas that remembers where it was drawn on."""

    def __init__(self, width: int, height: int, unit: int) -> None:
        self._size = (width, height)
        self._unit = unit * _FINE
        self._colours = np.zeros((height * _FINE, width * _FINE, 3), np.uint8)
        self._cover = np.zeros((height * _FINE, width * _FINE), np.uint8)

    def polygon(self, points: list[Point], colour: Colour) -> None:
        corners = np.array([self._at(point) for point in points], np.int32)
        cv2.fillPoly(self._colours, [corners], colour)
        cv2.fillPoly(self._cover, [corners], 255)

    def ellipse(self, centre: Point, axes: Point, colour: Colour, cover: float = 1.0) -> None:
        shape = self._at(centre), self._at(axes), 0, 0, 360
        cv2.ellipse(self._colours, *shape, _shade(colour, cover), -1)
        cv2.ellipse(self._cover, *shape, int(255 * cover), -1)

    def limb(self, points: list[Point], width: float, colour: Colour) -> None:
        """A line with round ends and joints."""
        corners = [np.array([self._at(point) for point in points], np.int32)]
        cv2.polylines(self._colours, corners, False, colour, max(1, round(width * self._unit)))
        cv2.polylines(self._cover, corners, False, 255, max(1, round(width * self._unit)))

    def finish(self) -> Sprite:
        colours = cv2.resize(self._colours, self._size, interpolation=cv2.INTER_AREA).astype(np.uint16)
        cover = cv2.resize(self._cover, self._size, interpolation=cv2.INTER_AREA).astype(np.uint16)
        behind = (256 - cover - (cover >> 7))[:, :, None]
        return Sprite(np.asarray(colours << 8, np.uint16), np.repeat(behind, 3, axis=2))

    def _at(self, point: Point) -> tuple[int, int]:
        return round(point[0] * self._unit), round(point[1] * self._unit)


def _shade(colour: Colour, by: float) -> Colour:
    blue, green, red = (min(255, int(part * by)) for part in colour)
    return blue, green, red
