"""Tells what the broker kept while we were away from what we are too slow for."""

#: A frame that is older than this when it arrives is worked off after an outage, not live.
LATE_S = 5.0
#: So much longer than half the outage may it take; whoever needs more is not catching up.
PATIENCE_S = 30.0


class Backlog:
    """After each connect: old frames are worked off, all of them, until the first that is live."""

    def __init__(self) -> None:
        self._working = False
        self._until_s: float | None = None

    def connected(self) -> None:
        self._working, self._until_s = True, None

    def works_off(self, age_s: float, now_s: float) -> bool:
        """Whether a frame of this age is part of what was kept; `now_s` is a clock that only goes forward."""
        if not self._working:
            return False
        if self._until_s is None:
            self._until_s = now_s + PATIENCE_S + age_s / 2
        self._working = age_s > LATE_S and now_s < self._until_s
        return self._working
