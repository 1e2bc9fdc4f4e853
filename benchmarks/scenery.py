"""Real places with nobody in them, and real people and cars cut out of the footage to cross them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

#: Gray levels, `(height, width)`; or colours, `(height, width, 3)`.
Plane = npt.NDArray[np.float32]
#: A picture at a time in seconds becomes another.
Effect = Callable[[Plane, float], Plane]

# Clip and frames whose median shows the place empty.
PLACES = {
    "road": ("tp_traffic", range(0, 100, 3)),
    "yard": ("ambianic_door", range(46, 60)),
    "room": ("intel_one_by_one", range(0, 50, 3)),
    "asphalt": ("intel_cars", range(0, 50, 3)),
    "hall": ("bew_light_dark", range(12)),
}
# Place, frame, box in which one subject is whole, least difference from the empty place.
SUBJECTS = (
    ("room", 100, (225, 0, 110, 262), 18),
    ("asphalt", 80, (200, 40, 160, 260), 60),
    ("room", 518, (215, 0, 125, 262), 18),
    ("asphalt", 325, (110, 0, 185, 200), 50),
)
# As much as red and blue differ in the light that an infrared-cut filter lets through when it is out.
INFRARED = np.array([-0.1, 0.75, 0.6], np.float32)


class CutOut(NamedTuple):
    """A subject `(h, w)` in gray levels and how much it covers of each pixel, 0 to 1."""

    gray: Plane
    alpha: Plane


@lru_cache
def frames(folder: Path, clip: str, until: int = 1000) -> list[npt.NDArray[np.uint8]]:
    """A recording's first frames, in colours."""
    capture = cv2.VideoCapture(str(folder / "clips" / f"{clip}.avi"))
    found: list[npt.NDArray[np.uint8]] = []
    while len(found) < until:
        there, frame = capture.read()
        if not there:
            break
        found.append(np.asarray(frame, np.uint8))
    return found


@lru_cache
def empty(folder: Path, place: str) -> Plane:
    """The place with nobody in it, in colours."""
    clip, chosen = PLACES[place]
    shown = frames(folder, clip, chosen.stop)
    return plane(np.median(np.stack([shown[n] for n in chosen]), axis=0))


def plane(values: npt.ArrayLike) -> Plane:
    return np.asarray(values, np.float32)


def day(colours: Plane) -> Plane:
    return np.asarray(cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY), np.float32)


def night(colours: Plane) -> Plane:
    """The same under an infrared lamp: leaves are bright, colours gone, the corners dark."""
    height, width = colours.shape[:2]
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    lamp = 1.1 * np.exp(-0.9 * (across**2 + 0.7 * down**2))
    seen = np.clip(colours @ INFRARED, 0, 255)
    return np.asarray(np.clip(cv2.GaussianBlur(seen, (0, 0), 0.8) * lamp, 0, 235), np.float32)


def sized(picture: Plane, size: tuple[int, int]) -> Plane:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


@lru_cache
def cut_outs(folder: Path) -> list[CutOut]:
    return [_cut_out(folder, *subject) for subject in SUBJECTS]


def _cut_out(folder: Path, place: str, n: int, box: tuple[int, int, int, int], least: int) -> CutOut:
    x, y, width, height = box
    whole = frames(folder, PLACES[place][0], n + 1)[n].astype(np.float32)
    picture = np.ascontiguousarray(whole[y : y + height, x : x + width])
    behind = empty(folder, place)[y : y + height, x : x + width]
    apart = cv2.GaussianBlur(np.abs(picture - behind).max(axis=2), (0, 0), 1.5)
    mask = cv2.morphologyEx((apart > least).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    left, top, w, h = (int(value) for value in stats[largest, : cv2.CC_STAT_AREA])
    alpha = cv2.GaussianBlur((labels == largest).astype(np.float32), (0, 0), 1.0)
    inside = np.s_[top : top + h, left : left + w]
    return CutOut(day(picture)[inside].copy(), np.asarray(alpha[inside], np.float32).copy())


@dataclass(frozen=True, slots=True)
class Walk:
    """A subject of `area` (fraction of the picture) that differs by `contrast` gray levels (rms).

    It comes out from behind something and goes behind something else. From `start_s` to `end_s` at least an
    eighth of it is to be seen; `left` and `foot` are where it comes out and stands, as fractions.
    """

    start_s: float
    end_s: float
    area: float
    contrast: float
    left: float
    foot: float
    # Own heights per second.
    pace: float = 0.8
    subject: int = 0
    # Where it goes: 1 to the right, -1 to the left.
    towards: int = 1
    # From when to when it stands still.
    stands: tuple[float, float] = (0.0, 0.0)

    def walked_s(self, time_s: float) -> float:
        """For how long it has walked since it came out."""
        begin, end = self.stands
        return time_s - self.start_s - max(0.0, min(time_s, end) - begin) * (begin < time_s)


def walker(walk: Walk, cut: CutOut, scenery: Plane) -> Effect:
    """Draws the walk; its contrast is against the scenery along its way."""
    height, width = scenery.shape
    scale = float(np.sqrt(walk.area * height * width / cut.alpha.sum()))
    size = max(3, round(cut.gray.shape[1] * scale)), max(3, round(cut.gray.shape[0] * scale))
    gray, alpha = sized(cut.gray, size), np.clip(sized(cut.alpha, size), 0, 1)
    speed = walk.pace * size[1] * walk.towards
    way = speed * walk.walked_s(walk.end_s)
    begin = walk.left * width
    low, high = sorted((begin, begin + way - walk.towards * size[0] * 0.75))
    top = int(np.clip(walk.foot * height - size[1], 0, height - size[1] - 2))
    behind = scenery[
        top : top + size[1], max(0, int(low)) : max(0, int(low)) + max(8, int(high - low))
    ].mean()
    apart = gray - behind
    rms = float(np.sqrt((apart**2 * alpha).sum() / alpha.sum()))
    gray = np.clip(behind + apart * (walk.contrast / rms), 2, 252).astype(np.float32)
    rows = np.linspace(0, 1, size[1], dtype=np.float32)
    columns = np.arange(width, dtype=np.float32)[None, :]

    def draw(picture: Plane, time_s: float) -> Plane:
        if not walk.start_s - 1 <= time_s < walk.end_s + 1:
            return picture
        # An eighth of it is out at the start, and an eighth is left to be seen at the end.
        walked_s = walk.walked_s(time_s)
        x = begin + speed * walked_s - size[0] * (7 / 8 if speed > 0 else 1 / 8)
        # Legs swing: the lower a row, the more it goes to and fro.
        step = np.sin(2 * np.pi * 1.8 * walked_s) * 0.12 * size[0] * rows**2
        place = np.empty((*size[::-1], 2), np.float32)
        place[..., 0] = np.arange(size[0], dtype=np.float32)[None, :] - (x - np.floor(x)) - step[:, None]
        place[..., 1] = np.arange(size[1], dtype=np.float32)[:, None]
        at_x, at_y = place[..., 0], place[..., 1]
        shown = plane(cv2.remap(gray, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        cover = plane(cv2.remap(alpha, at_x, at_y, cv2.INTER_LINEAR))
        left = int(np.floor(x))
        a, b = max(0, left), min(width, left + size[0])
        if a >= b:
            return picture
        seen = (columns[:, a:b] > low) & (columns[:, a:b] < high)
        part = np.s_[top : top + size[1], a:b]
        cover = cover[:, a - left : b - left] * seen
        picture[part] += cover * (shown[:, a - left : b - left] - picture[part])
        return picture

    return draw
