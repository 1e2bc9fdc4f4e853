"""The last resort for a camera that stays away: a command of the user's, such as one that cuts its power."""

import shlex
import threading
import time
from collections.abc import Callable

from services.capture.cameras.program import NotStarted, Program

Clock = Callable[[], float]

_SLICE_S = 0.2


class ResetPolicy:
    """After so many failures in a row the camera is reset, and again after as many more; 0: never."""

    def __init__(
        self, after_failures: int, at_most_once_per_s: float = 3600.0, clock: Clock = time.monotonic
    ) -> None:
        self._after, self._interval_s, self._clock = after_failures, at_most_once_per_s, clock
        self._failures = 0
        self._reset_s = float("-inf")

    def failed(self) -> bool:
        """An attempt at the camera failed: whether it is to be reset now."""
        self._failures += 1
        now_s = self._clock()
        if not self._after or self._failures < self._after or now_s - self._reset_s < self._interval_s:
            return False
        self._failures, self._reset_s = 0, now_s
        return True

    def worked(self) -> None:
        """The camera gave a picture."""
        self._failures = 0


def run_reset(
    command: str, stop: threading.Event, on_line: Callable[[str], None], timeout_s: float = 60.0
) -> str:
    """Runs the command to its end; answers what went wrong as one sentence, empty where nothing did.

    The command is split into words as in a shell, but no shell runs it. It is ended, its children included,
    at the time-out and when `stop` is set. `on_line` is told what it writes to standard error.
    """
    until_s = time.monotonic() + timeout_s
    try:
        with Program(shlex.split(command), on_line) as program:
            while (code := program.wait(0)) is None:
                if stop.is_set():
                    return "the reset command was ended, because this service ends"
                if time.monotonic() >= until_s:
                    return f"the reset command did not end within {timeout_s:g} s"
                program.read(_SLICE_S)
            program.read(0)  # its last words
    except NotStarted as error:
        return str(error)
    return f"the reset command ended with exit code {code}" if code else ""
