"""Tells a change of light, or of the whole scene, from things that move."""

from services.motion.background import Change

# What so much of the picture does at once, no thing does.
CHANGED_AT_ONCE = 0.5
# Nor does a thing make so much of the picture brighter without making as much of it darker.
ONE_SIDED = 0.25
# Light that alters structure in so much of it as well is more than the measure of structure sees through.
WITH_STRUCTURE = 0.1
SETTLED_S = 0.6
# A picture that never settles is no change of scene; from then on things are looked for in it again.
LONGEST_S = 4.0


class Spell:
    """Something that lasts until it was not seen for `SETTLED_S`, or for `longest_s` at the most."""

    def __init__(self, longest_s: float = float("inf")) -> None:
        self._longest_s = longest_s
        self._began_s = 0.0
        self._last_s: float | None = None

    def lasts(self, *, seen: bool, time_s: float) -> bool:
        if seen and self._last_s is None:
            self._began_s = self._last_s = time_s
        elif seen and time_s - self._began_s < self._longest_s:
            self._last_s = time_s
        elif self._last_s is not None and time_s - self._last_s >= SETTLED_S:
            self._last_s = None
        return self._last_s is not None


class Light:
    """Watches for changes of the whole scene and says while one lasts."""

    def __init__(self) -> None:
        self._lit, self._altered = Spell(), Spell(LONGEST_S)
        # The largest fraction of the picture in the present change, 0 without one.
        self.changed = 0.0
        # The change goes beyond what the measure of structure sees through: what differs may be no thing.
        self.held = False

    def see(self, change: Change, structure: float, time_s: float) -> bool:
        """True when the scene has just settled after a change.

        `structure` is the fraction of the picture whose structure differs from a moment ago.
        """
        one_sided = abs(change.brighter - change.darker)
        lit = one_sided > ONE_SIDED
        altered = structure > CHANGED_AT_ONCE or (lit and structure > WITH_STRUCTURE)
        before = self.held, self.changed > 0
        self.held = self._altered.lasts(seen=altered, time_s=time_s)
        if self._lit.lasts(seen=lit, time_s=time_s) or self.held:
            at_once = max(structure, change.brighter + change.darker) if lit or altered else 0.0
            self.changed = max(self.changed, at_once)
        else:
            self.changed = 0.0
        return before > (self.held, self.changed > 0)
