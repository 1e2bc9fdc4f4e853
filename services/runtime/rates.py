"""How often something happens, over the last seconds."""

from collections import deque


class Rate:
    """Counts marks; `per_second` looks back over the last few seconds."""

    def __init__(self, over_s: float = 5.0) -> None:
        self._over_s = over_s
        self._marks: deque[float] = deque()

    def mark(self, now_s: float) -> None:
        self._marks.append(now_s)
        while now_s - self._marks[0] > self._over_s:
            self._marks.popleft()

    def per_second(self, now_s: float) -> float:
        """Marks per second between the first one remembered and the last; 0 when nothing came lately.

        May be asked from any thread: it only reads.
        """
        marks = [mark for mark in self._marks.copy() if now_s - mark <= self._over_s]
        return (len(marks) - 1) / max(1e-6, marks[-1] - marks[0]) if len(marks) > 1 else 0.0
