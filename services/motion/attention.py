"""How closely a camera is looked at now: less under load, at all that was kept, and at each while tuned."""

from services.motion.backlog import Backlog

#: With so many frames waiting for so long, the next is kept and not analysed; a burst soon passes.
BUSY, BURST_S = 6, 5.0


class Attention:
    """Pure; times are seconds of a clock that only goes forward."""

    def __init__(self, now_s: float) -> None:
        self._backlog = Backlog()
        self._behind_s = now_s  # when we were last not behind
        self._tuned_until_s = float("-inf")

    def connected(self) -> None:
        self._backlog.connected()

    def tune(self, until_s: float) -> None:
        """Somebody wants to see the score of each frame until then."""
        self._tuned_until_s = until_s

    def tuned(self, now_s: float) -> bool:
        return now_s < self._tuned_until_s

    def busy(self, waiting: int, age_s: float, now_s: float) -> bool:
        """Whether a frame of this age may be left out, with so many more waiting.

        What was kept for us while we were away waits for us: that is no reason to leave anything out.
        """
        kept = self._backlog.works_off(age_s, now_s)
        if waiting < BUSY:
            self._behind_s = now_s
        return now_s - self._behind_s > BURST_S and not kept
