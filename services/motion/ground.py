"""What the places of a picture are to the detector: masked, or in zones with a sensitivity of their own."""

from collections.abc import Iterable, Mapping

import cv2
import numpy as np
import numpy.typing as npt

from services.contract.settings import Polygon, ZoneSettings
from services.motion.background import Plane
from services.motion.blobs import Blob, Mask
from services.motion.parts import ALL, Part

# A thing is in a zone that covers so much of it, or of which it covers so much.
IN_ZONE = 1 / 3
#: So many steps of sensitivity halve the difference, and the area, that counts.
DIFFERENCE_HALVES, AREA_HALVES = 25.0, 15.0

Points = npt.NDArray[np.uint8]


class Ground:
    """Zones and masks on pictures of `shape` (height, width) in points; where there are none it is free."""

    def __init__(
        self,
        zones: Mapping[str, ZoneSettings],
        masks: Mapping[str, Polygon],
        sensitivity: int,
        shape: tuple[int, ...],
    ) -> None:
        self._zones = {name: (zone, raster([zone.points], shape)) for name, zone in zones.items()}
        self._sensitivity = sensitivity
        self._masked: Mask | None = raster(masks.values(), shape).view(np.bool_) if masks else None
        self._factor = self._factors(shape)
        unmasked = 1.0 if self._masked is None else 1.0 - float(self._masked.mean())
        self._share = max(unmasked, 1e-9)

    def beyond(self, plane: Plane, least: float | Plane, part: Part = ALL) -> Mask:
        """Where the plane, of a part of the picture, is above the least difference that counts there.

        Nowhere under a mask.
        """
        found = plane > (least if self._factor is None else least * self._factor[part])
        return found if self._masked is None else found & ~self._masked[part]

    def seen(self, found: Mask) -> Mask:
        """A mask without what is not looked at."""
        return found if self._masked is None else found & ~self._masked

    def fraction(self, found: Mask) -> float:
        """How much of what is looked at is set, 0 to 1."""
        return min(1.0, cv2.countNonZero(self.seen(found).view(np.uint8)) / found.size / self._share)

    def size(self, blob: Blob, least_area: float) -> float:
        """The blob's area against the least that counts where it is: 1 is enough."""
        steeper = max((self._more_sensitive(zone) for zone, _ in self._around(blob)), default=0)
        return blob.area / (least_area * float(2 ** (-steeper / AREA_HALVES)))

    def zones_of(self, blob: Blob) -> tuple[str, ...]:
        """The names of the zones that the blob is in."""
        return tuple(name for name, (_, places) in self._zones.items() if covers(places, blob))

    def alerts(self, blob: Blob) -> bool:
        """Whether it may begin an event: not where it is in ignored zones alone."""
        around = [zone.motion for zone, _ in self._around(blob)]
        return not around or "alerts" in around

    def _around(self, blob: Blob) -> list[tuple[ZoneSettings, Points]]:
        return [known for known in self._zones.values() if covers(known[1], blob)]

    def _more_sensitive(self, zone: ZoneSettings) -> int:
        return 0 if zone.sensitivity is None else zone.sensitivity - self._sensitivity

    def _factors(self, shape: tuple[int, ...]) -> Plane | None:
        """What the least difference is multiplied by; where zones overlap the most sensitive counts."""
        special = [known for known in self._zones.values() if self._more_sensitive(known[0])]
        if not special:
            return None
        factor = np.full(shape, np.inf, np.float32)
        for zone, places in special:
            own = np.float32(2 ** (-self._more_sensitive(zone) / DIFFERENCE_HALVES))
            np.minimum(factor, own, out=factor, where=places.view(np.bool_))
        return np.where(np.isinf(factor), np.float32(1), factor)


def raster(polygons: Iterable[Polygon], shape: tuple[int, ...]) -> Points:
    """Polygons in fractions of the picture as points that are 1 inside; a narrow one has its outline."""
    height, width = shape
    places = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        corners = np.asarray(polygon, np.float64) * (width, height) - 0.5
        cv2.fillPoly(places, [np.rint(corners).astype(np.int32)], 1)
    return places


def covers(places: Points, blob: Blob) -> bool:
    """Whether the blob is in the zone: a third of its box, or a third of the zone, is in both."""
    box = places[blob.y : blob.y + blob.height, blob.x : blob.x + blob.width]
    both = cv2.countNonZero(box) if box.size else 0
    return both > 0 and both >= IN_ZONE * min(blob.width * blob.height, cv2.countNonZero(places))
