"""What a camera sees that is no thing which moves: weather, light, lens and sensor, drawn on real pictures.

An effect takes a picture (gray levels, float32) at a time in seconds and gives another; each is made with a
seed, draws the same again, and serves one clip. Lengths are fractions of the picture's height.
"""

from benchmarks.effects.air import rain, snow, water, wind
from benchmarks.effects.fields import patch
from benchmarks.effects.lens import clock, infrared, insects, knock, shake, switching
from benchmarks.effects.light import (
    banding,
    cloud,
    exposure,
    exposure_steps,
    fog,
    headlights,
    lamp,
    sun,
    switched,
)
from benchmarks.effects.sensor import noise, shutter, thermal
from benchmarks.effects.trees import Crown, tree

__all__ = [
    "Crown",
    "banding",
    "clock",
    "cloud",
    "exposure",
    "exposure_steps",
    "fog",
    "headlights",
    "infrared",
    "insects",
    "knock",
    "lamp",
    "noise",
    "patch",
    "rain",
    "shake",
    "shutter",
    "snow",
    "sun",
    "switched",
    "switching",
    "thermal",
    "tree",
    "water",
    "wind",
]
