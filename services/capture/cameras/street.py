"""The demo's street: picture n of a seed is always the same picture, and now and then somebody crosses it."""

import random
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from services.capture.cameras.backdrop import paint
from services.capture.cameras.encode import Image
from services.capture.cameras.figures import PHASES, Colour, Sprite, car, person
from services.capture.cameras.number import code_width, draw_number, strip_height
from services.contract.urls import Activity, DemoUrl

FIRST_S = 7.0
PERIODS_S: dict[Activity, float] = {"calm": 75.0, "normal": 25.0, "busy": 10.0}
_NOISE = 2.0  # standard deviation, in gray levels, of the sensor's noise
_SHIFTS = 64  # lines and columns by which the sheet of noise is moved about
_DRIFT, _DRIFT_S = 0.04, 240.0  # the light swells and fades by so much, once in so many seconds
_FADE_S = 0.4  # people step out of a door and vanish in it

_COATS: tuple[Colour, ...] = ((60, 60, 170), (150, 92, 40), (48, 120, 190), (70, 110, 60), (52, 48, 46))
_TROUSERS: tuple[Colour, ...] = ((70, 56, 44), (44, 42, 40), (96, 84, 74))
_PAINTS: tuple[Colour, ...] = (
    (58, 52, 168), (148, 96, 44), (204, 206, 204), (70, 68, 66), (80, 132, 84), (40, 150, 206)
)  # fmt: skip
_FAR_LANE, _NEAR_LANE, _PAVEMENT = 0.775, 0.905, 0.668  # where wheels and feet touch the ground


@dataclass(frozen=True, slots=True)
class Crossing:
    """Somebody's way through the picture: when (in its own seconds), from where to where (columns)."""

    start_s: float
    duration_s: float
    from_x: float
    to_x: float
    ground: int  # the row that the feet or wheels stand on
    sprites: tuple[Sprite, ...]  # one, or the phases of a step
    stride: float  # columns per double step
    door: int  # the end of the way that is a door: 0 none, -1 the beginning, 1 the end

    def paste(self, image: Image, at_s: float) -> tuple[slice, slice] | None:
        """Draws whoever crosses, as they are at this time; answers which part of the image changed."""
        done = at_s - self.start_s
        x = self.from_x + (self.to_x - self.from_x) * done / self.duration_s
        phase = int(abs(x - self.from_x) / self.stride * len(self.sprites)) % len(self.sprites)
        since_door = done if self.door < 0 else self.duration_s - done
        opacity = min(1.0, since_door / _FADE_S) if self.door else 1.0
        return self.sprites[phase].paste(image, round(x), self.ground, opacity)


class Street:
    """Pictures of the street, numbered from 0 and `fps` to the second; not for two threads at once."""

    def __init__(self, demo: DemoUrl) -> None:
        self._demo = demo
        backdrop = paint(demo.width, demo.height, demo.seed)
        self._backdrop, self._doors = backdrop.image, backdrop.doors
        self._scene = backdrop.image.copy()  # the backdrop and whoever is in it, before the sensor's noise
        shape = demo.height + _SHIFTS, demo.width + _SHIFTS, 3
        noise = np.random.default_rng(demo.seed).normal(128, _NOISE, shape)
        self._noise = noise.round().astype(np.uint8)
        self._crossings: dict[int, Crossing] = {}

    def render(self, n: int, number: int, when: datetime | None = None) -> Image:
        """Picture n, in its lower edge the number and, if one is given, the time; height x width x 3."""
        demo = self._demo
        at_s = n / demo.fps
        changed = [crossing.paste(self._scene, at_s) for crossing in self.crossings(at_s)]
        dice = random.Random(demo.seed * 1_000_003 + n)
        down, right = dice.randrange(_SHIFTS), dice.randrange(_SHIFTS)
        noise = self._noise[down : down + demo.height, right : right + demo.width]
        light = 1.0 + _DRIFT * float(np.sin(2 * np.pi * at_s / _DRIFT_S))
        image = np.asarray(cv2.addWeighted(self._scene, light, noise, 1.0, -128.0), np.uint8)
        for part in filter(None, changed):
            self._scene[part] = self._backdrop[part]
        self._write(image, number, when)
        return image

    def crossings(self, at_s: float) -> list[Crossing]:
        """Who is in the picture at this second, those behind first."""
        period_s = PERIODS_S.get(self._demo.activity)
        if period_s is None:
            return []
        last = int((at_s - FIRST_S) / period_s + 1)
        recent = [self._crossing(k, period_s) for k in range(max(0, last - 1), last + 1)]
        here = (c for c in recent if c.start_s <= at_s < c.start_s + c.duration_s)
        return sorted(here, key=lambda crossing: crossing.ground)

    def _crossing(self, k: int, period_s: float) -> Crossing:
        """The k-th to come, each independent of those before it."""
        if k not in self._crossings:
            if len(self._crossings) > 4:
                self._crossings.clear()
            dice = random.Random(self._demo.seed * 1_000_003 + k)
            start_s = FIRST_S + k * period_s + dice.uniform(-0.1, 0.1) * (period_s if k else FIRST_S)
            make = self._drive if k % 2 or not self._doors else self._walk
            self._crossings[k] = make(dice, start_s)
        return self._crossings[k]

    def _walk(self, dice: random.Random, start_s: float) -> Crossing:
        """Somebody comes out of a door and leaves the picture at its nearer edge, or comes home."""
        width, height = self._demo.width, round(self._demo.height * 0.19)
        sprites = person(height, dice.choice(_COATS), dice.choice(_TROUSERS))
        door, coming = dice.choice(self._doors), dice.random() < 0.5
        edge = -height * 0.3 if door < width / 2 else width + height * 0.3
        from_x, to_x = (edge, float(door)) if coming else (float(door), edge)
        if to_x < from_x:
            sprites = [sprite.mirrored() for sprite in sprites]
        duration_s = min(max(abs(to_x - from_x) / (height * 0.95), 4.0), 6.0)
        ground = round(self._demo.height * (_PAVEMENT - dice.uniform(0, 0.02)))
        side = 1 if coming else -1
        return Crossing(start_s, duration_s, from_x, to_x, ground, tuple(sprites), height * 0.8, side)

    def _drive(self, dice: random.Random, start_s: float) -> Crossing:
        """A car passes: to the left in the far lane, to the right in the near one."""
        near = dice.random() < 0.5
        height = round(self._demo.height * (0.16 if near else 0.135))
        sprite = car(height, dice.choice(_PAINTS), van=dice.random() < 0.3)
        edges = -height * 1.5, self._demo.width + height * 1.5
        from_x, to_x = edges if near else edges[::-1]
        ground = round(self._demo.height * (_NEAR_LANE if near else _FAR_LANE))
        sprites = (sprite if near else sprite.mirrored(),)
        return Crossing(start_s, dice.uniform(4.0, 5.5), from_x, to_x, ground, sprites, height * PHASES, 0)

    def _write(self, image: Image, number: int, when: datetime | None) -> None:
        """A dark strip along the lower edge: the number for programs; for people, with the time beside it."""
        width, strip = image.shape[1], strip_height(image.shape[1])
        image[-strip:] = 30
        draw_number(image, number)
        text = f"{number:07}" + (f"  {when:%Y-%m-%d %H:%M:%S} UTC" if when else "")
        place = code_width(width) + strip // 2, image.shape[0] - strip // 3
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, strip / 44, (128, 128, 128), 1, cv2.LINE_AA)
