"""Attends to one camera for ever: opens it, takes its pictures, tries it again, lets it go when told to."""

import logging
import threading
import time
from typing import Protocol

from services.capture.cameras import Camera, CameraLost, CameraMisconfigured, CameraSilent, Picture
from services.capture.cameras.chatter import Chatter
from services.capture.reset import ResetPolicy, run_reset
from services.runtime.backoff import Backoff

log = logging.getLogger(__name__)

#: Trying again helps only when somebody mends it.
MISCONFIGURED_S = 60.0


class Audience(Protocol):
    """Who gets the pictures and hears how the camera is, in the attendant's thread."""

    def take(self, picture: Picture) -> bool:
        """Whether it was one that can be used."""
        ...

    def back(self, outage_s: float | None) -> None:
        """The camera gives pictures, after so many seconds without; None where it was not missed."""
        ...

    def gone(self, problem: str) -> None:
        """The camera cannot be had, and why, as one sentence; said once until it is back."""
        ...

    def off(self) -> None:
        """The camera is switched off and let go."""
        ...


class Attendant:
    """One thread's work. The camera runs while it is enabled and somebody wants it.

    Where nobody wants it from the start it runs until its first picture, so that there is one to show.
    """

    def __init__(self, name: str, audience: Audience, *, reset: str = "", reset_after: int = 0) -> None:
        """`reset` is a command that is run after so many failures in a row; empty: none."""
        self.reconnects = 0
        self._name, self._audience = name, audience
        self._reset = reset
        self._policy = ResetPolicy(reset_after if reset else 0)
        self._camera: Camera | None = None
        self._enabled, self._wanted, self._seen = False, True, False
        self._worked = False  # this visit has brought a picture
        self._away_since_s: float | None = None
        self._lock = threading.Lock()
        self._may_run, self._halt = threading.Event(), threading.Event()

    @property
    def skipped(self) -> int:
        """Pictures that the camera gave and nobody got."""
        return self._camera.skipped if self._camera else 0

    @property
    def away_s(self) -> float:
        """How long the camera has been away; 0: it is there, or off."""
        return self._outage_s() or 0.0

    # -- what others ask of it, from any thread --------------------------------------------------------

    def set_enabled(self, enabled: bool) -> None:
        """Off: the camera is let go, and no picture of it is given."""
        with self._lock:
            self._enabled = enabled
            self._decide()

    def set_wanted(self, wanted: bool) -> None:
        """Not wanted: the camera is let go too, but nothing is wrong with it."""
        with self._lock:
            self._wanted = wanted
            self._decide()

    def halt(self) -> None:
        """Lets the camera go at once; `run` returns when its `stop` is set too."""
        self._halt.set()
        self._may_run.set()

    def _decide(self) -> None:
        if self._enabled and (self._wanted or not self._seen):
            self._may_run.set()
        else:
            self._may_run.clear()
            self._halt.set()

    # -- life ------------------------------------------------------------------------------------------

    def run(self, camera: Camera, stop: threading.Event) -> None:
        """Takes pictures until `stop`, over every loss of the camera."""
        self._camera = camera
        backoff = Backoff()
        while not stop.is_set():
            self._halt.clear()
            if not self._may_run.wait(0.2):
                self._let_go()
                continue
            if stop.is_set():
                return
            self._worked = False
            failure = self._visit(camera)
            if self._worked:
                backoff.reset()
            if self._halt.is_set():
                self._let_go()
            elif failure is None:
                self._gone("its file is over", "it begins anew when it is switched off and on")
                self._halt.wait()
            else:
                self._gone(str(failure), "trying again for as long as it takes")
                self.reconnects += 1
                if isinstance(failure, CameraSilent):
                    continue
                self._reset_where_due()
                at_least_s = MISCONFIGURED_S if isinstance(failure, CameraMisconfigured) else 0.0
                self._halt.wait(max(at_least_s, backoff.next()))

    def _visit(self, camera: Camera) -> Exception | None:
        """Takes pictures until something ends it; None where the camera has no more of them."""
        try:
            for picture in camera.pictures(self._halt):
                if self._halt.is_set():  # switched off: not one more
                    break
                if self._audience.take(picture) and not self._worked:
                    self._works()
        except (CameraLost, CameraMisconfigured) as failure:
            return failure
        return None

    def _works(self) -> None:
        self._worked = True
        self._policy.worked()
        outage_s, self._away_since_s = self._outage_s(), None
        if outage_s is not None:
            log.info("%s: the camera is back after %.0f s", self._name, outage_s)
        self._audience.back(outage_s)
        with self._lock:
            self._seen = True
            if self._enabled and not self._wanted:
                self._decide()

    def _outage_s(self) -> float | None:
        since_s = self._away_since_s  # others may ask while it changes
        return None if since_s is None else time.monotonic() - since_s

    def _gone(self, problem: str, what_now: str) -> None:
        if self._away_since_s is None:
            self._away_since_s = time.monotonic()
            log.warning("%s: %s; %s", self._name, problem, what_now)
            self._audience.gone(problem)

    def _let_go(self) -> None:
        if not self._enabled:
            self._away_since_s = None
            self._audience.off()

    def _reset_where_due(self) -> None:
        if self._policy.failed():
            log.warning("%s: the camera stays away; running its reset command", self._name)
            if problem := run_reset(self._reset, self._halt, Chatter(self._name, "reset").say):
                log.warning("%s: %s", self._name, problem)
