"""How the store is: well, on trial, or away; which decides where frames go."""

import logging
import threading
import time
from collections.abc import Callable
from enum import Enum

from services.runtime.backoff import Backoff
from services.store import StoreFull, StoreRefused, StoreUnavailable

log = logging.getLogger(__name__)

#: So long a store that was well may fail, or keep a frame waiting, before frames go to the spool.
PATIENCE_S = 3.0
RETRY_CAP_S = 5.0
#: Somebody has to mend it: asked again slowly, since some servers ban who hammers.
REFUSED_RETRY_S = 5.0


class Mood(Enum):
    WELL = "well"  # frames go to it as they come
    TRIAL = "on trial"  # what waits is brought to it, but nothing is made to wait for it
    AWAY = "away"  # it is left alone until the next try is due


class Standing:
    """What is known of the store, from what happened to those who used it. Thread-safe; the time is given.

    A store that is well has `PATIENCE_S` of failures before it counts as away; after that a `probe` puts it
    on trial, where one failure is enough. It is well again when it has stored something quickly; after it
    was too slow not before `PATIENCE_S`, since one quick object among many slow ones means little. It is also
    well when nothing waits any more.
    `problem` is the sentence of what is wrong; it is logged once, and its end too.
    """

    def __init__(self, where: str, now: Callable[[], float] = time.monotonic) -> None:
        self._where = where
        self._now = now
        self._lock = threading.Lock()
        self._mood = Mood.WELL
        self._failing_since_s: float | None = None
        self._backoff = Backoff(cap_s=RETRY_CAP_S)
        self._next_s = 0.0
        self._slow_until_s = 0.0
        self.problem = ""

    @property
    def well(self) -> bool:
        return self._mood is Mood.WELL

    @property
    def away(self) -> bool:
        return self._mood is Mood.AWAY

    def stored(self, took_s: float) -> None:
        """An object was stored, in so many seconds."""
        if took_s >= PATIENCE_S:
            return
        with self._lock:
            self._failing_since_s = None
            if self._mood is not Mood.WELL and self._now() >= self._slow_until_s:
                self._be_well()

    def failed(self, error: StoreUnavailable) -> None:
        """Somebody could not use it."""
        now_s = self._now()
        with self._lock:
            if self._failing_since_s is None:
                self._failing_since_s = now_s
            is_patient = self._mood is Mood.WELL and now_s - self._failing_since_s < PATIENCE_S
            if is_patient and not isinstance(error, StoreRefused | StoreFull):
                return
            self._be_away(str(error), now_s, slowly=isinstance(error, StoreRefused))

    def too_slow(self) -> None:
        """Something has waited for longer than `PATIENCE_S`: nothing is to wait for it any more."""
        with self._lock:
            if self._mood is Mood.WELL:
                self._mood, self._slow_until_s = Mood.TRIAL, self._now() + PATIENCE_S
                self._complain(f"{self._where} takes too long to store what comes")

    def probe_due(self) -> bool:
        """Whether it is time to ask a store that is away how it is."""
        return self.away and self._now() >= self._next_s

    def answered(self) -> None:
        """A probe has found it."""
        with self._lock:
            if self._mood is Mood.AWAY:
                self._mood = Mood.TRIAL

    def nothing_waits(self) -> None:
        """All that it was to prove itself with is done."""
        with self._lock:
            if self._mood is Mood.TRIAL:
                self._be_well()

    def _be_well(self) -> None:
        self._mood = Mood.WELL
        self._failing_since_s = None
        self._backoff.reset()
        self._complain("")

    def _be_away(self, problem: str, now_s: float, *, slowly: bool) -> None:
        if self._mood is not Mood.AWAY or now_s >= self._next_s:
            self._next_s = now_s + (REFUSED_RETRY_S if slowly else self._backoff.next())
        self._mood, self._slow_until_s = Mood.AWAY, 0.0
        self._complain(problem)

    def _complain(self, problem: str) -> None:
        was, self.problem = self.problem, problem
        if problem and not was:
            log.warning("%s; frames are kept in the spool meanwhile", problem)
        elif was and not problem:
            log.info("%s is there again", self._where)
