"""One picture after the other from a URL that gives one at a time."""

import threading
import time
from collections.abc import Callable, Iterator

from services.capture.cameras.asking import Answer
from services.capture.cameras.camera import CameraLost, CameraOptions, Picture
from services.capture.cameras.content import content_of, kind_of
from services.capture.cameras.develop import Developer
from services.capture.cameras.pace import Clock
from services.capture.cameras.still import Fetched, Still

INTERVAL_S = 1.0
_SAME = 3  # so many beats a picture may stay the same: a slow camera repeats itself


class Stills:
    """A picture each beat, as long as it is a new one.

    A camera that answers 304 says itself that nothing is new; one that gives the very same bytes for too
    long is frozen. What fails is tried again at the next beat, until the stall time-out.
    """

    def __init__(
        self,
        still: Still,
        host: str,
        options: CameraOptions,
        *,
        on_skipped: Callable[[int], None],
        clock: Clock = time.monotonic,
    ) -> None:
        self._still, self._host, self._options = still, host, options
        self._on_skipped, self._clock = on_skipped, clock
        self._develop = Developer(options.edits, options.quality)
        interval_s = 1 / options.max_fps if options.max_fps else INTERVAL_S
        self._beat = options.steps(interval_s)
        self._frozen_s = max(options.frozen_timeout_s, _SAME * interval_s)

    def pictures(self, first: Answer, stop: threading.Event) -> Iterator[Picture]:
        """Begins with the answer that is there. Raises `CameraLost`, `CameraMisconfigured` and `Stopped`."""
        answer: Answer | None = first
        last, missed = b"", 0
        good_s = changed_s = self._clock()
        while self._beat.wait(stop):
            self._on_skipped(self._beat.missed - missed)
            missed = self._beat.missed
            try:
                taken, answer = answer, None
                fetched = self._still.take(taken) if taken else self._still.fetch()
                picture = self._picture(fetched, last)
            except CameraLost:
                self._on_skipped(1)
                if self._clock() - good_s > self._options.stall_timeout_s:
                    raise
                continue
            good_s = self._clock()
            if fetched is None or picture:
                changed_s = good_s
            elif self._options.frozen_timeout_s and good_s - changed_s > self._frozen_s:
                raise CameraLost(f"{self._host} gives the very same picture for {self._frozen_s:g} s")
            if fetched and picture:
                last = fetched[0]
                yield picture

    def _picture(self, fetched: Fetched | None, last: bytes) -> Picture | None:
        """None where it is the last one again. Raises `CameraLost` where it is no picture."""
        if fetched is None or fetched[0] == last:
            return None
        data, asked = fetched
        content = content_of(data)
        if content is None:
            raise CameraLost(f"{self._host} answers, but with no picture")
        return self._develop.picture(content, asked, kind_of(data))
