"""Of all pictures that come, the one nearest to each deadline. Pure: the time is given."""

from dataclasses import dataclass

from services.capture.experiments.grid import Grid
from services.contract.frame import Frame

#: A picture that is early by no more than this is as good as on time: nobody waits for a better one.
EARLY_S = 0.001


@dataclass(frozen=True, slots=True)
class Taken:
    """A frame and when its picture was taken, on the clock that waits."""

    frame: Frame
    time_s: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """The picture of one deadline; `off_s` is how long after it was taken (negative: before)."""

    taken: Taken
    off_s: float


class Nearest:
    """Decides which picture is whose deadline's; none serves two, and none is half an interval off.

    It is decided when the first picture after the deadline comes; without one after `patience_s`, which is
    how long a picture may be under way to us.
    """

    def __init__(self, grid: Grid, n: int, patience_s: float) -> None:
        self.grid, self.n = grid, n
        self.missed = 0
        self.patience_s = patience_s
        self._before: Taken | None = None

    @property
    def due_s(self) -> float:
        """The deadline that has no picture yet."""
        return self.grid.due_s(self.n)

    def see(self, taken: Taken) -> list[Chosen]:
        """A picture has come; what is decided by it, at most two deadlines."""
        decided = []
        while taken.time_s >= self.due_s - EARLY_S:
            best = min([*self._candidates(), taken], key=self._distance_s)
            if self._distance_s(best) > self.grid.half_s:
                self._skip(max(self.n + 1, self.grid.first_from(taken.time_s - self.grid.half_s)))
                continue
            decided.append(self._choose(best))
            if best is taken:
                return decided
        if self._before is None or taken.time_s > self._before.time_s:
            self._before = taken
        return decided

    def tick(self, now_s: float) -> list[Chosen]:
        """No picture comes: what is decided by that, for the last one before the deadline or for none."""
        all_came_s = now_s - self.patience_s
        for before in self._candidates():
            distance_s = self._distance_s(before)
            if distance_s <= self.grid.half_s:
                nothing_nearer = all_came_s >= self.due_s + distance_s
                return [self._choose(before)] if nothing_nearer else []
        if all_came_s > self.due_s + self.grid.half_s:
            self._skip(self.grid.first_from(all_came_s - self.grid.half_s))
        return []

    def finish(self, end_s: float) -> list[Chosen]:
        """There will be no picture any more; deadlines before `end_s` that have none are missed."""
        due = [before for before in self._candidates() if self.due_s < end_s]
        chosen = [self._choose(each) for each in due if self._distance_s(each) <= self.grid.half_s]
        self._skip(self.grid.first_from(end_s))
        return chosen

    def resume(self, n: int, missed: int, now_s: float) -> None:
        """Goes on after an earlier life, which had come to deadline `n`: those since then are missed.

        Where the clock has been set back since, even to before the start, the same grid holds.
        """
        self.n = self.grid.first_from(now_s)
        self.missed = missed + max(0, self.n - n)

    def _candidates(self) -> list[Taken]:
        return [self._before] if self._before else []

    def _distance_s(self, taken: Taken) -> float:
        return abs(taken.time_s - self.due_s)

    def _choose(self, taken: Taken) -> Chosen:
        chosen = Chosen(taken, taken.time_s - self.due_s)
        self.n += 1
        self._before = None
        return chosen

    def _skip(self, n: int) -> None:
        self.missed += max(0, n - self.n)
        self.n = max(self.n, n)
        self._before = None
