"""How often something happens, over the last seconds."""

from collections import deque


class Rate:
    """Counts marks; `per_second` looks back over the last few seconds."""

    def __init__(self, over_s: float = 5.0) -> None:
        self._over_s = over_s
        self._marks: deque[float] = deque()

    def mark(self, now_s: float) -> None:
        self._marks.append(now_s)
        self._forget(now_s)

    def per_second(self, now_s: float) -> float:
        """Marks per second between the first one remembered and the last; 0 when nothing came lately."""
        self._forget(now_s)
        if len(self._marks) < 2:
            return 0.0
        return (len(self._marks) - 1) / max(1e-6, self._marks[-1] - self._marks[0])

    def _forget(self, now_s: float) -> None:
        while self._marks and now_s - self._marks[0] > self._over_s:
            self._marks.popleft()
