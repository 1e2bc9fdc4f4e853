"""Mean, standard deviation and worst of any number of values, in the memory of five."""

import math
from dataclasses import dataclass

from services.contract.experiments import Spread


@dataclass(slots=True)
class Running:
    """Seconds, one after the other (Welford 1962, as in Knuth's TAOCP, volume 2, 4.2.2).

    The worst is the one furthest from `nominal_s`.
    """

    nominal_s: float = 0.0
    count: int = 0
    mean_s: float = 0.0
    squares: float = 0.0  # sum of squared distances from the mean
    worst_s: float | None = None

    def add(self, value_s: float) -> None:
        self.count += 1
        before_s = value_s - self.mean_s
        self.mean_s += before_s / self.count
        self.squares += before_s * (value_s - self.mean_s)
        if self.worst_s is None or abs(value_s - self.nominal_s) > abs(self.worst_s - self.nominal_s):
            self.worst_s = value_s

    def spread(self) -> Spread:
        """As it is said, to the microsecond."""
        sd_s = math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else 0.0
        return Spread(
            count=self.count,
            mean_s=round(self.mean_s, 6),
            sd_s=round(sd_s, 6),
            worst_s=round(self.worst_s or 0.0, 6),
        )
