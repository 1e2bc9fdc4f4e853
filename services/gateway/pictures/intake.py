"""What is taken of the frames that arrive, and how it gets from the network thread into the event loop."""

import logging
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.contract.frame import NotAFrame
from services.contract.topics import LIVE
from services.gateway.pictures.account import GatewayStats
from services.gateway.pictures.picture import Picture, received
from services.gateway.pictures.tally import Tally

log = logging.getLogger(__name__)

#: Live viewers never see old frames, such as those that waited for a broker that was away.
OLDEST_S = 2.0


@dataclass(slots=True)
class _Counts:
    frames: int = 0
    broken: int = 0
    late: int = 0
    is_late: bool = False


class Intake:
    """Skips what is no picture or no longer live, and counts it per camera."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, _Counts] = defaultdict(_Counts)

    def account(self, camera: str, viewers: int, tally: Tally) -> GatewayStats:
        counts = self._counts[camera]
        return GatewayStats(
            viewers=viewers,
            frames=counts.frames,
            shown=tally.shown,
            skipped=tally.skipped,
            broken=counts.broken,
            late=counts.late,
        )

    def accept(self, camera: str, leaf: str, payload: bytes, now: datetime) -> Picture | None:
        """The picture to show; None where there is none in it, or an old one."""
        counts = self._counts[camera]
        counts.frames += 1
        try:
            picture = received(payload, now)
        except NotAFrame as problem:
            counts.broken += 1
            if counts.broken == 1:
                log.warning("%s: a frame was skipped: %s", camera, problem)
            return None
        if leaf != LIVE:  # a retained preview is as old as it is
            return picture
        age_s = (now - picture.time).total_seconds()
        was_late, counts.is_late = counts.is_late, age_s > OLDEST_S
        counts.late += counts.is_late
        if counts.is_late and not was_late:
            log.warning("%s: frames arrive %.1f s old; they are skipped until they are new", camera, age_s)
        return None if counts.is_late else picture


class Mailbox:
    """The newest picture on its way into the loop: one wake-up for all that come before it is served."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._newest: deque[Picture] = deque(maxlen=1)  # both ends of it are one step each, for any thread
        self._rung = False

    def offer(self, picture: Picture) -> None:
        """From the network thread."""
        self._newest.append(picture)
        if not self._rung:
            self._rung = True
            self._ring()

    def take(self) -> Picture | None:
        """From the loop. Lets the next offer ring before it looks, so that none is forgotten."""
        self._rung = False
        try:
            return self._newest.pop()
        except IndexError:  # an earlier wake-up has brought it already
            return None
