"""How long to wait before the next try: doubling, with jitter and a cap."""

import random
from collections.abc import Callable


class Backoff:
    """1, 2, 4 … seconds up to the cap, each spread over ±20 % so that clients do not come back together."""

    def __init__(
        self, first_s: float = 1.0, cap_s: float = 60.0, draw: Callable[[], float] = random.random
    ) -> None:
        self._first_s = first_s
        self._cap_s = cap_s
        self._draw = draw
        self._next_s = first_s

    def next(self) -> float:
        """Seconds to wait now."""
        delay = self._next_s * (0.8 + 0.4 * self._draw())
        self._next_s = min(self._cap_s, self._next_s * 2)
        return delay

    def reset(self) -> None:
        """It worked: begin again with the first delay."""
        self._next_s = self._first_s
