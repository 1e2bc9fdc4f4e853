"""What stands still in the demo's street: house fronts, road, pavements, a tree and a lamp, painted once."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.capture.cameras.encode import Image

Colour = tuple[int, int, int]  # blue, green, red

# Heights in the picture, from 0 at the top to 1.
GROUND, KERB, ROAD_END = 0.60, 0.685, 0.935

_WALLS: tuple[Colour, ...] = (
    (92, 112, 160), (150, 178, 196), (128, 160, 184), (150, 150, 138), (104, 140, 150), (160, 172, 176)
)  # fmt: skip
_DOORS: tuple[Colour, ...] = ((60, 50, 44), (52, 74, 48), (58, 52, 108), (96, 68, 40))
_FINE = 2  # painted so many times larger, then scaled down: smooth edges


@dataclass(frozen=True, slots=True)
class Backdrop:
    """The picture without anyone in it, and where its doors are, in columns."""

    image: Image
    doors: tuple[int, ...]


def paint(width: int, height: int, seed: int) -> Backdrop:
    """The street of this seed: the same seed always looks the same, another one differs."""
    rng = np.random.default_rng(seed)
    canvas = _Canvas(width * _FINE, height * _FINE, rng)
    canvas.sky()
    doors = canvas.houses()
    canvas.ground()
    canvas.lamp(float(rng.uniform(0.62, 0.70)))
    canvas.tree(float(rng.uniform(0.28, 0.36)))
    canvas.weather()
    image = cv2.resize(canvas.image, (width, height), interpolation=cv2.INTER_AREA)
    return Backdrop(np.asarray(image, np.uint8), tuple(int(door * width) for door in doors))


class _Canvas:
    """Paints in fractions of the picture: x by its width, y and all lengths by its height."""

    def __init__(self, width: int, height: int, rng: np.random.Generator) -> None:
        self.image: Image = np.zeros((height, width, 3), np.uint8)
        self._rng = rng
        self._width, self._height = width, height

    def sky(self) -> None:
        ramp = np.linspace(0, 1, self._height)[:, None, None]
        self.image[:] = np.array((222, 200, 176)) * (1 - ramp) + np.array((238, 232, 226)) * ramp

    def houses(self) -> list[float]:
        """Fronts from edge to edge; answers where their doors are."""
        doors, left, last = [], -0.04, -1
        while left < 1.0:
            right = left + float(self._rng.uniform(0.15, 0.21))
            wall = int(self._rng.integers(len(_WALLS)))
            wall = (wall + 1) % len(_WALLS) if wall == last else wall
            doors.append(self._house(left, right, _WALLS[wall]))
            left, last = right, wall
        return [door for door in doors if 0.2 < door < 0.8]

    def _house(self, left: float, right: float, wall: Colour) -> float:
        roof = float(self._rng.uniform(0.05, 0.13))
        self._rect(left, roof, right, GROUND, wall)
        self._bricks(left, roof, right)
        self._rect(left, roof - 0.012, right, roof + 0.012, _shade(wall, 0.62))
        self._rect(left, GROUND - 0.03, right, GROUND, _shade(wall, 0.55))
        self._rect(right - 0.0015, roof, right + 0.0015, GROUND, _shade(wall, 0.5))
        columns = 3
        step = (right - left) / columns
        door = int(self._rng.integers(columns))
        for column in range(columns):
            x = left + step * (column + 0.5)
            for y in (roof + 0.045, roof + 0.155):
                self._window(x, y, 0.078, wall)
            if column == door:
                self._door(x)
            else:
                self._window(x, GROUND - 0.16, 0.10, wall)
        return left + step * (door + 0.5)

    def _window(self, x: float, top: float, height: float, wall: Colour) -> None:
        half = 0.028 * self._height / self._width
        bottom = top + height
        frame = (206, 212, 214)
        self._rect(x - half * 1.25, top - 0.008, x + half * 1.25, bottom + 0.008, _shade(wall, 0.72))
        self._rect(x - half, top, x + half, bottom, frame)
        glass = _shade((92, 78, 66), float(self._rng.uniform(0.7, 1.5)))
        inner = half * 0.86
        self._rect(x - inner, top + 0.004, x + inner, bottom - 0.004, glass)
        blind = float(self._rng.uniform(0, 0.6)) * height
        self._rect(x - inner, top + 0.004, x + inner, top + 0.004 + blind, (176, 186, 192))
        if blind < height * 0.4:  # the sky in the glass
            sheen = (x - inner, bottom - 0.03), (x + inner, top + blind + 0.01), (x + inner, bottom - 0.03)
            self._polygon(sheen, _shade(glass, 1.25))
        self._rect(x - half * 0.07, top, x + half * 0.07, bottom, frame)
        self._rect(x - half, top + height * 0.48, x + half, top + height * 0.53, frame)
        self._rect(x - half * 1.35, bottom + 0.004, x + half * 1.35, bottom + 0.013, _shade(wall, 1.15))

    def _door(self, x: float) -> None:
        half = 0.036 * self._height / self._width
        colour = _DOORS[int(self._rng.integers(len(_DOORS)))]
        self._rect(x - half * 1.3, GROUND - 0.215, x + half * 1.3, GROUND, (188, 194, 196))
        self._rect(x - half, GROUND - 0.2, x + half, GROUND, colour)
        self._rect(x - half * 0.8, GROUND - 0.192, x + half * 0.8, GROUND - 0.165, (104, 92, 80))
        for top in (0.15, 0.075):
            self._rect(
                x - half * 0.65, GROUND - top, x + half * 0.65, GROUND - top + 0.058, _shade(colour, 1.35)
            )
        cv2.circle(
            self.image, self._at(x + half * 0.82, GROUND - 0.085), self._height // 300, (120, 190, 210), -1
        )
        self._rect(x - half * 1.5, GROUND - 0.004, x + half * 1.5, GROUND + 0.012, (150, 152, 154))

    def ground(self) -> None:
        self._rect(0, GROUND, 1, KERB, (150, 156, 160))
        for x in np.arange(0, 1, 0.035):  # paving stones, drawn towards a vanishing point
            line = self._at(float(x), GROUND + 0.004), self._at(float(x + (x - 0.5) * 0.03), KERB)
            cv2.line(self.image, *line, (134, 140, 144), _FINE)
        self._rect(0, (GROUND + KERB) / 2, 1, (GROUND + KERB) / 2 + 0.002, (134, 140, 144))
        self._rect(0, KERB, 1, KERB + 0.008, (178, 182, 184))
        self._rect(0, KERB + 0.008, 1, ROAD_END, (92, 90, 88))
        self._rect(0, KERB + 0.008, 1, KERB + 0.02, (74, 72, 70))
        for x in np.arange(-0.02, 1, 0.16):
            self._rect(float(x), 0.795, float(x) + 0.085, 0.802, (182, 190, 192))
        self._rect(0, ROAD_END, 1, ROAD_END + 0.01, (184, 188, 190))
        self._rect(0, ROAD_END + 0.01, 1, 1, (140, 146, 150))

    def lamp(self, x: float) -> None:
        half = 0.004 * self._height / self._width
        self._rect(x - half, 0.24, x + half, GROUND + 0.05, (58, 60, 58))
        self._rect(x - half * 2, GROUND + 0.01, x + half * 2, GROUND + 0.055, (52, 54, 52))
        self._rect(x - half, 0.235, x + half * 9, 0.243, (58, 60, 58))
        self._rect(x + half * 5, 0.243, x + half * 10, 0.256, (188, 206, 210))

    def tree(self, x: float) -> None:
        foot = GROUND + 0.055
        shadow = self.image.copy()
        cv2.ellipse(
            shadow, self._at(x + 0.03, foot + 0.006), self._axes(0.17, 0.018), 0, 0, 360, (70, 74, 76), -1
        )
        cv2.addWeighted(shadow, 0.45, self.image, 0.55, 0, dst=self.image)
        half = 0.013 * self._height / self._width
        trunk = (x - half, 0.32), (x + half, 0.32), (x + half * 1.5, foot), (x - half * 1.5, foot)
        self._polygon(trunk, (52, 66, 84))
        for n in range(900):  # leaves: dark ones below and behind first, light ones above last
            angle, radius = self._rng.uniform(0, 2 * np.pi), np.sqrt(self._rng.uniform())
            leaf_x = x + radius * np.cos(angle) * 0.17 * self._height / self._width
            leaf_y = 0.27 + radius * np.sin(angle) * 0.15 - 0.03 * n / 900
            light = 0.55 + 0.6 * n / 900 + float(self._rng.uniform(-0.12, 0.12))
            size = self._axes(*self._rng.uniform(0.006, 0.016, 2))
            tilt = float(self._rng.uniform(0, 180))
            cv2.ellipse(
                self.image, self._at(leaf_x, leaf_y), size, tilt, 0, 360, _shade((62, 122, 92), light), -1
            )

    def weather(self) -> None:
        """Grain on every surface, stains, and a little less light towards the corners."""
        height, width = self.image.shape[:2]
        grain = self._rng.normal(0, 5, (height // _FINE, width // _FINE)).astype(np.float32)
        stains = self._rng.normal(0, 1, (9, 16)).astype(np.float32)
        large = cv2.resize(stains, (width, height), interpolation=cv2.INTER_CUBIC)
        shade = cv2.resize(grain, (width, height)) + 4 * large
        x, y = np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None]
        light = (1.0 - 0.10 * (x * x + y * y)).astype(np.float32)
        self.image = np.clip(self.image * light[:, :, None] + shade[:, :, None], 0, 255).astype(np.uint8)

    def _bricks(self, left: float, top: float, right: float) -> None:
        (x0, y0), (x1, y1) = self._at(max(left, 0), top), self._at(min(right, 1), GROUND)
        part = self.image[y0:y1, x0:x1]
        high, wide = max(3, self._height // 90), max(8, self._height // 36)
        rows, columns = -(-part.shape[0] // high), part.shape[1] // wide + 2
        shades = self._rng.normal(1, 0.05, (rows, columns)).repeat(wide, axis=1)
        shades[1::2] = np.roll(shades[1::2], wide // 2, axis=1)
        wall = shades.repeat(high, axis=0)[: part.shape[0], : part.shape[1]]
        wall[::high] *= 0.9
        part[:] = np.clip(part * wall[:, :, None], 0, 255)

    def _at(self, x: float, y: float) -> tuple[int, int]:
        return round(x * self._width), round(y * self._height)

    def _axes(self, x: float, y: float) -> tuple[int, int]:
        return max(1, round(x * self._height)), max(1, round(y * self._height))

    def _rect(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        cv2.rectangle(self.image, self._at(left, top), self._at(right, bottom), colour, -1)

    def _polygon(self, corners: tuple[tuple[float, float], ...], colour: Colour) -> None:
        cv2.fillPoly(self.image, [np.array([self._at(*corner) for corner in corners], np.int32)], colour)


def _shade(colour: Colour, by: float) -> Colour:
    blue, green, red = (min(255, int(part * by)) for part in colour)
    return blue, green, red
