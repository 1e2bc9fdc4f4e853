"""A line through readings that a few wild ones do not bend: Theil's and Sen's.

Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968). The interval holds for
readings that do not depend on one another; memory's do, so it is rather too narrow.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_Z95 = 1.96


@dataclass(frozen=True, slots=True)
class Trend:
    """`slope` per unit of x, with the interval that it is in with 95 %; `level` is the median."""

    slope: float
    low: float
    high: float
    level: float
    points: int


def trend(points: Sequence[tuple[float, float]]) -> Trend:
    """Raises ValueError for fewer than three points of different x."""
    slopes = sorted(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for n, earlier in enumerate(points)
        for later in points[n + 1 :]
        if later[0] != earlier[0]
    )
    if len(slopes) < 3:
        raise ValueError("a line needs three points")
    count = len(points)
    wide = _Z95 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, int((len(slopes) - wide) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + wide) / 2))
    return Trend(
        statistics.median(slopes), slopes[low], slopes[high], statistics.median(y for _, y in points), count
    )
