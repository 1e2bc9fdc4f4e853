"""Tells a change of light, or of the whole scene, from things that move."""

from services.motion.background import Change, fraction

# What so much of the picture does at once, no thing does.
CHANGED_AT_ONCE = 0.5
# Nor does a thing make so much of the picture brighter without making as much of it darker.
ONE_SIDED = 0.25
# So much of it, and light may be on its way: a lamp or an exposure takes a second to settle.
SUSPECT = 0.03
SETTLED_S = 0.6
# A picture that never settles is no change of light; from then on things are looked for in it again.
LONGEST_S = 4.0
_CHANGED = 4.0


class Light:
    """Watches for changes of the whole scene and says while one lasts."""

    def __init__(self) -> None:
        self._began_s = 0.0
        self._last_s: float | None = None
        self.changed = 0.0
        self.suspect = 0.0

    def see(self, change: Change, time_s: float) -> bool:
        """True when a change has just come to its end.

        Afterwards `changed` is the largest fraction of the picture in the present change, 0 without one, and
        `suspect` the fraction that only light explains.
        """
        one_sided = abs(change.brighter - change.darker)
        structure = fraction(change.from_recent > _CHANGED)
        at_once = max(structure, change.brighter + change.darker)
        self.suspect = one_sided if one_sided > SUSPECT else 0.0
        if at_once > CHANGED_AT_ONCE or one_sided > ONE_SIDED:
            if self._last_s is None:
                self._began_s = time_s
            if time_s - self._began_s < LONGEST_S or self._last_s is None:
                self._last_s = time_s
            self.changed = max(self.changed, at_once)
        if self._last_s is None or time_s - self._last_s < SETTLED_S:
            return False
        self._last_s, self.changed = None, 0.0
        return True
