"""How long a camera has been silent, by a clock that stands still while nothing could come."""

#: Without a frame for so long what is there has come, and capture has said its last number meanwhile.
SILENCE_S = 2.5
#: Without a frame for so long the last one shows what was: no event begins with it.
STALE_S = 10.0
#: After our own connection is back, capture's may take so long, and no silence says anything.
CONNECT_S = 10.0
#: An event of an earlier life is closed with the next frame, or without one after so long.
LEFT_OVER_S = 30.0


class Silence:
    """Pure: whoever has a clock says how much time has passed, while we were connected to the broker."""

    def __init__(self) -> None:
        self.clock_s = 0.0
        self._came_s = 0.0
        self._connected_s = float("-inf")
        self._offline = False

    def passed(self, seconds: float) -> None:
        """So much time in which a frame could have come."""
        self.clock_s += seconds

    def connected(self) -> None:
        self._connected_s = self.clock_s

    def broken(self) -> None:
        """A new frame has come."""
        self._offline, self._came_s = False, self.clock_s

    def explained(self) -> None:
        """The camera has said that it is offline."""
        self._offline = True

    @property
    def seconds(self) -> float:
        """Since the last new frame."""
        return self.clock_s - self._came_s

    @property
    def tells(self) -> bool:
        """Whether it says anything of the camera: not so soon after a connect."""
        return self.clock_s - self._connected_s >= CONNECT_S

    @property
    def final(self) -> bool:
        """Whether what goes on has come to its end."""
        return self._offline and self.seconds > SILENCE_S

    @property
    def stale(self) -> bool:
        """Whether the last frame is too old for an event to begin with it."""
        return self.seconds > STALE_S

    @property
    def ends_what_is_left(self) -> bool:
        """Whether an event of an earlier life has waited long enough for the frame that it goes on with."""
        return self.seconds > LEFT_OVER_S
