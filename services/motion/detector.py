"""Decides what moves: gray pictures and their times in, decisions out; no clock, disk or network."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from services.contract.settings import MotionSettings, Polygon, ZoneSettings
from services.motion.background import LEARN_S, Background, Change, Look, Plane
from services.motion.blobs import Blob, Mask, blobs
from services.motion.closer import stands_out
from services.motion.decode import Gray
from services.motion.ground import AREA_HALVES, DIFFERENCE_HALVES, Ground
from services.motion.light import Light
from services.motion.parts import bounds, whole
from services.motion.rest import AtRest
from services.motion.things import Thing, Things

#: `(x, y, width, height)` as fractions of the picture.
Box = tuple[float, float, float, float]

# The picture is looked at with 64 to 127 points along its shorter side; a point is a mean of 1 to 9 pixels.
LEAST_POINTS = 64
# Neighbours are averaged, since a sensor's noise is finer than the smallest thing.
SMOOTH = (3, 3)
# A place must differ from a moment ago by so much more than its noise: what stands still does not move.
RECENT_THRESHOLD = 2.0
# Where it differs by so much from a moment ago, its structure is another one.
CHANGED_STRUCTURE = 4.0
# A quiet picture younger than this is in doubt: the difference must be up to 3 times as large.
DOUBT_S = 8.0
# What is there must have been there so long ago, with this part of the difference that counts.
HINT, AGAIN_S = 0.4, 0.075
HEREABOUTS = np.ones((3, 3), np.uint8)
_SPECK = np.ones((3, 3), np.uint8)
# Each other new blob in a picture divides the evidence for every one: leaves and flakes are many.
CROWD = 1.0
# A light that goes on changes so many times as much of the picture as it makes seem to move.
LIGHT = 8.0
# Between pictures so far apart a thing has gone elsewhere; one picture may be all there is of it.
SLOW_CAMERA_S = 0.4
# When a change of light has left so much of the picture different, the quiet picture is begun anew.
NEW_SCENE = 0.25
# Motion lasts until nothing has moved for so long; longer while nobody can tell.
PAUSE_S, HELD_PAUSE_S = 0.5, 1.5
CLOCK_WAS_SET_S = 1.0
MOST_BOXES = 16


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """What counts as motion; `threshold` and `min_area` follow from the sensitivity where they are None."""

    # 1 to 100; every 25 halve the threshold, every 15 the area.
    sensitivity: int = 50
    # How many times the variation of its noise a place must differ by.
    threshold: float | None = None
    # Least fraction of the picture that moves together.
    min_area: float | None = None
    # Seconds that a thing of middling size must move before it counts; a large one counts in half the time.
    min_duration: float = 0.2
    # Seconds in which what stays becomes part of the quiet picture.
    learning: float = 8.0
    # Parts of the picture that have a name, and parts that are not looked at.
    zones: Mapping[str, ZoneSettings] = field(default_factory=dict)
    masks: Mapping[str, Polygon] = field(default_factory=dict)

    @classmethod
    def of(cls, motion: MotionSettings) -> "DetectorSettings":
        return cls(
            sensitivity=motion.sensitivity,
            threshold=motion.threshold,
            min_area=motion.min_area,
            min_duration=motion.min_duration,
            learning=1 / motion.learning_rate,
            zones=motion.zones,
            masks=motion.masks,
        )

    @property
    def least_difference(self) -> float:
        return self.threshold or 4.0 * 2 ** ((50 - self.sensitivity) / DIFFERENCE_HALVES)

    def in_force(self, name: str) -> float | None:
        """What a setting comes to that may follow from the sensitivity; None for any other."""
        found = {"threshold": self.least_difference, "min_area": self.least_area}.get(name)
        return None if found is None else float(f"{found:.3g}")

    @property
    def least_area(self) -> float:
        return self.min_area or 0.001 * 2 ** ((50 - self.sensitivity) / AREA_HALVES)


@dataclass(frozen=True, slots=True)
class Decision:
    """What one picture shows."""

    moving: bool = False
    # Area of the largest part that differs and moves, against the least area: 1 is enough.
    score: float = 0.0
    # What moves, largest first.
    boxes: tuple[Box, ...] = ()
    # What differs and moves too, but is too small, or not believed yet.
    near: tuple[Box, ...] = ()
    # The zones in which something moves, also those in which it is ignored.
    zones: tuple[str, ...] = ()
    # Something differs from the quiet picture, if only a little: the next pictures are worth a look.
    sign: bool = False
    # Fraction of the picture that a change of light or scene has altered so far; 0 when there is none.
    scene_change: float = 0.0
    # How good a snapshot this is: the fraction of the picture that moves, less where the edge cuts it off.
    best: float = 0.0


class Detector:
    """Looks at one camera's pictures, in order.

    Motion is what differs from the quiet picture and from a moment ago, in a part that is large enough, and
    seen again. While the whole scene changes, nothing begins.
    """

    def __init__(self, settings: DetectorSettings | None = None) -> None:
        self.settings = settings or DetectorSettings()
        self.reset()

    def configure(self, settings: DetectorSettings) -> None:
        """Other settings from the next picture on; what was learnt is kept."""
        self.settings = settings
        if self._background:
            self._ground = self._survey()

    def reset(self) -> None:
        """Forget everything, as after a reconnect: the first second of pictures is never motion."""
        self._background: Background | None = None
        self._shape: tuple[int, ...] = ()
        self._things = Things((1, 1))
        self._points: tuple[int, ...] = (1, 1)
        self._ground = self._survey()
        self._hints = deque[tuple[float, Mask]]()
        self._light = Light()
        self._time_s = 0.0
        self._moved_s: float | None = None

    def look(self, gray: Gray, time_s: float) -> Decision:
        """What a picture `uint8 (height, width)` shows; `time_s` is its capture time, from any zero.

        A picture of another size, or from before the last one (the clock was set), begins anew.
        """
        if gray.shape != self._shape or time_s < self._time_s - CLOCK_WAS_SET_S:
            self.reset()
            self._shape = gray.shape
        look = Look.at(points(gray), time_s)
        elapsed_s, self._time_s = max(0.0, time_s - self._time_s), time_s
        if self._background is None:
            self._background, self._things = Background(look), Things(look.picture.shape)
            self._points = look.picture.shape
            self._ground = self._survey()
            return Decision(sign=True)
        return self._decide(self._background, look, elapsed_s)

    def _decide(self, background: Background, look: Look, elapsed_s: float) -> Decision:
        change = background.compare(look)
        age_s = background.age_s(look.time_s)
        least = self.settings.least_difference * (1 + 2 * max(0.0, 1 - age_s / DOUBT_S))
        different = self._ground.beyond(change.from_quiet, least)
        there = self._again(change.from_quiet, different, look.time_s)
        structure = 0.0
        found: list[Blob] = []
        new: list[Blob] = []
        # Most looks end here: what differs nowhere from the quiet picture does not move.
        if (part := bounds(different)) is not None:
            from_recent = background.from_recent(look, change, part)
            structure = self._ground.fraction(whole(there.shape, part, from_recent > CHANGED_STRUCTURE))
            moving = there & whole(there.shape, part, from_recent > RECENT_THRESHOLD)
            found, new = self._candidates(moving, change, background, least)
        settled = self._light.see(change, structure, look.time_s)
        held = self._light.held
        seen = []
        if not held and age_s >= LEARN_S:
            seen = self._believe(found, new, background, change, elapsed_s)
        things = [thing for thing in seen if self._ground.alerts(thing.blob)]
        if settled and self._ground.fraction(different) > NEW_SCENE:
            background.replace(look)
            self._things.forget()
        else:
            background.learn(look, change, self.settings.learning, hold=held)
        if things:
            self._moved_s = look.time_s
        elif self._moved_s is not None and look.time_s - self._moved_s > (HELD_PAUSE_S if held else PAUSE_S):
            self._moved_s = None
        zones = {zone for thing in seen for zone in self._ground.zones_of(thing.blob)}
        sign = age_s < LEARN_S or bool(found) or held or _clumps(different)
        return self._decision(found, [thing.blob for thing in things], sorted(zones), sign=sign)

    def _candidates(
        self, moving: Mask, change: Change, background: Background, least: float
    ) -> tuple[list[Blob], list[Blob]]:
        """The blobs of what moves and stands out, and what was new before that was looked at closely.

        What was believed in a moment ago need not stand out again.
        """
        found = blobs(moving)
        known = [blob for blob in found if self._things.believes(blob)]
        new = [blob for blob in found if blob not in known]
        suspects = [blob for blob in new if self._size(blob) >= 1]
        if not suspects:
            return found, new
        part, outstanding = stands_out(suspects, change, background, self._ground, least)
        remaining = np.zeros_like(moving)
        remaining[part] = moving[part] & outstanding
        for blob in known:
            remaining[blob.part] = moving[blob.part]
        return blobs(remaining), new

    def _again(self, from_quiet: Plane, different: Mask, time_s: float) -> Mask:
        """Where it differs now and did, near there and less clearly, a tenth of a second ago, unlike rain.

        In the last picture, unless more come in that time: in a thirtieth of a second an insect gets nowhere.
        """
        hints = self._hints
        while len(hints) > 1 and time_s - hints[1][0] >= AGAIN_S:
            hints.popleft()
        before_s, before = hints[0] if hints else (time_s - SLOW_CAMERA_S, different)
        hint = self._ground.beyond(from_quiet, HINT * self.settings.least_difference)
        hints.append((time_s, cv2.dilate(hint.view(np.uint8), HEREABOUTS).view(np.bool_)))
        return different if time_s - before_s >= SLOW_CAMERA_S else different & before

    def _believe(
        self, found: list[Blob], new: list[Blob], background: Background, change: Change, elapsed_s: float
    ) -> list[Thing]:
        """Evidence for blobs, and what is believed with it; `new` is all that was new before the closer look.

        Things come one by one: of many new blobs each is worth less, unless it is large. Where far more grows
        brighter than seems to move, a light goes on and each is worth half. What came and has not moved since
        is no thing, however long it is there.
        """
        settings = self.settings
        pace = min(elapsed_s, PAUSE_S) / max(settings.min_duration, 0.01)
        lit = change.brighter - change.darker > LIGHT * sum(blob.area for blob in found)
        weighed = []
        for blob in found:
            size = self._size(blob)
            if size >= 1:
                crowd = sum(not blob.near(other, within=1.0) for other in new)
                evidence = pace * min(2.0, max(0.5, size / 2) / (1 + CROWD * crowd))
                weighed.append((blob, evidence / 2 if lit else evidence))
        rest = AtRest(change, background)
        return self._things.see(weighed, change.look.time_s, fading=pace / 2, rest=rest)

    def _size(self, blob: Blob) -> float:
        return self._ground.size(blob, self.settings.least_area)

    def _survey(self) -> Ground:
        settings = self.settings
        return Ground(settings.zones, settings.masks, settings.sensitivity, self._points)

    def _decision(self, found: list[Blob], moving: list[Blob], zones: list[str], *, sign: bool) -> Decision:
        height, width = self._points

        def box(blob: Blob) -> Box:
            return blob.x / width, blob.y / height, blob.width / width, blob.height / height

        boxes = tuple(map(box, moving[:MOST_BOXES]))
        return Decision(
            moving=self._moved_s is not None,
            score=max((self._size(blob) for blob in found if self._ground.alerts(blob)), default=0.0),
            boxes=boxes,
            near=tuple(box(blob) for blob in found if blob not in moving)[:MOST_BOXES],
            zones=tuple(zones),
            sign=sign,
            scene_change=self._light.changed,
            best=sum(blob.area * wholeness(box) for blob, box in zip(moving, boxes, strict=False)),
        )


def points(gray: Gray) -> Plane:
    """The picture as the detector looks at it: means of whole numbers of pixels, gray levels as float32."""
    by = max(1, min(gray.shape) // LEAST_POINTS)
    # Whole gray levels would be averaged faster, but fog and banding leave faint things no more than a few.
    picture = gray.astype(np.float32)
    if by > 1:
        size = (gray.shape[1] // by, gray.shape[0] // by)
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(cv2.blur(picture, SMOOTH), np.float32)


def _clumps(different: Mask) -> bool:
    """Whether more than single specks differ."""
    return cv2.countNonZero(cv2.erode(different.view(np.uint8), _SPECK)) > 0


def wholeness(box: Box) -> float:
    """1 for a box well inside the picture, down to 0.25 for one that the edge cuts off."""
    x, y, width, height = box
    margin = min(x, y, 1 - x - width, 1 - y - height)
    return min(1.0, 0.25 + 0.75 * max(0.0, margin) / 0.05)
