"""How often a camera is looked at: seldom while nothing differs, at every frame from the first sign on.

And some ten times a second when it is known what moves, or that something stirs all the time that does not,
as rain does. A frame that is not looked at is not decoded, which is most of the cost. What first shows on a
frame that was passed over is seen on a later one, never more than `NOTICE_S` later.
"""

#: What comes into the picture is noticed so soon after the first frame that shows it.
NOTICE_S = 0.2
#: Cameras are not punctual, and a look takes its time.
MARGIN_S = 0.05
#: After the last sign of something, every frame is looked at for so long.
AWAKE_S = 1.0
#: When something has moved for so long, looks this far apart follow it.
KNOWN_S, FOLLOW_S = 0.5, 0.1
#: A picture whose size in bytes is off by so many times what is usual is worth a look out of turn.
ODD = 8.0
#: Sizes are known after so many.
FEW = 10
#: When there were signs for so long without a pause, and no motion, looks this far apart follow what stirs.
RESTLESS_S, STIRS_S = 5.0, 0.08
#: Of the time between two looks: frames that come a little too early are looked at all the same.
EARLY = 0.9


class Pace:
    """Chooses the frames of one camera that are looked at. Pure; times are capture times in seconds."""

    def __init__(self, most_fps: float = 0.0) -> None:
        #: At most so many looks a second; 0: as many as there are frames.
        self.most_fps = most_fps
        self._looked_s: float | None = None
        self._awake_until_s = 0.0
        self._moving_since_s: float | None = None
        self._stirs_since_s = 0.0
        self._sizes = Usual()

    def due(self, time_s: float, size: int | None = None, *, alert: bool = False) -> bool:
        """Whether to look at this frame, of so many bytes; `alert`: at each that the rate allows."""
        due = self.would_look(time_s, size, alert=alert)
        if size is not None:
            self._sizes.learn(size)
        return due

    def would_look(self, time_s: float, size: int | None = None, *, alert: bool = False) -> bool:
        """The same, but the size of this frame is not learnt."""
        odd = size is not None and self._sizes.odd(size)
        since_s = NOTICE_S if self._looked_s is None else time_s - self._looked_s
        if self.most_fps and 0 <= since_s < EARLY / self.most_fps:
            return False
        if not (alert or odd) and (apart_s := self._apart_s(time_s)):
            return not 0 <= since_s < EARLY * apart_s
        rested = not 0 <= since_s < NOTICE_S - MARGIN_S  # also where the clock was set back
        return alert or odd or rested or self.awake(time_s)

    def awake(self, time_s: float) -> bool:
        """Whether there was a sign of something lately."""
        return time_s < self._awake_until_s

    def _known(self, time_s: float) -> bool:
        """Whether it has been moving for so long that it is known what does."""
        return self._moving_since_s is not None and time_s - self._moving_since_s >= KNOWN_S

    def _apart_s(self, time_s: float) -> float:
        """How far looks are apart that follow something; 0 where there is nothing to follow."""
        return FOLLOW_S if self._known(time_s) else STIRS_S if self._restless(time_s) else 0.0

    def _restless(self, time_s: float) -> bool:
        """Whether something stirs that is no motion, and has for so long that it is known to."""
        stirs = self._moving_since_s is None and self.awake(time_s)
        return stirs and time_s - self._stirs_since_s >= RESTLESS_S

    def looked(self, time_s: float, *, sign: bool, moving: bool = False) -> None:
        """A frame was looked at, and there was a sign of something or none, and motion or none."""
        self._looked_s = time_s
        if moving or not self.awake(time_s):
            self._stirs_since_s = time_s
        if not moving:
            self._moving_since_s = None
        elif self._moving_since_s is None:
            self._moving_since_s = time_s
        if sign:
            self._awake_until_s = time_s + AWAKE_S


class Usual:
    """What a number usually is: an average, and how far numbers are from it."""

    def __init__(self) -> None:
        self._mean = self._off = 0.0
        self._known = 0

    def odd(self, value: float) -> bool:
        """Whether this one is unusual."""
        off = abs(value - self._mean)
        return self._known >= FEW and off > ODD * max(self._off, 0.0005 * self._mean)

    def learn(self, value: float) -> None:
        """It becomes part of what is usual."""
        off = abs(value - self._mean)
        self._known += 1
        weight = max(0.1, 1 / self._known)
        self._mean += weight * (value - self._mean)
        if self._known > 1:
            self._off += weight * (off - self._off)
