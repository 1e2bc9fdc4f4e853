"""What a camera's program says, in the log: by the camera's name, without secrets, and never a flood."""

import logging
import time

from services.capture.cameras.pace import Clock
from services.contract.urls import mask_text

log = logging.getLogger(__name__)

_LINES, _PER_S = 10, 60.0


class Chatter:
    """Logs at most ten lines a minute and says how many it left out; `last` is the last of all."""

    def __init__(self, camera: str, program: str, clock: Clock = time.monotonic) -> None:
        self.last = ""
        self._who = f"{camera}: {program}" if camera else program
        self._clock = clock
        self._since_s, self._said, self._left_out = float("-inf"), 0, 0

    def say(self, line: str) -> None:
        self.last = mask_text(line)
        now_s = self._clock()
        if now_s - self._since_s >= _PER_S:
            if self._left_out:
                log.info("%s: (%d more lines)", self._who, self._left_out)
            self._since_s, self._said, self._left_out = now_s, 0, 0
        if self._said < _LINES:
            self._said += 1
            log.info("%s: %s", self._who, self.last)
        else:
            self._left_out += 1
