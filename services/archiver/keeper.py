"""Brings frames into the spool and acknowledges them then; says that it is paused where it cannot."""

import logging
import threading
import time
from collections.abc import Callable

from services.archiver.hand import Arrival, Hand
from services.archiver.ledger import Ledger
from services.archiver.spool import Spool, SpoolUnusable
from services.archiver.standing import PATIENCE_S, Standing
from services.archiver.tally import Tally

log = logging.getLogger(__name__)

#: How often it looks for frames that have waited too long.
LOOK_S = 0.25
#: Between two tries of a spool that takes nothing.
UNUSABLE_S = 1.0


class Keeper:
    """Spools what is offered to it, and what has waited too long for the store: many frames with one fsync.

    `problem` is the sentence of why it is paused: the store is away and the spool takes nothing, so frames
    stay with the broker, which bounds what it keeps. `again` has a frame stored after all.
    """

    def __init__(
        self,
        spool: Spool,
        hand: Hand,
        *,
        standing: Standing,
        ledger: Ledger,
        tally: Tally,
    ) -> None:
        self._spool = spool
        self._hand = hand
        self._standing = standing
        self._ledger = ledger
        self._tally = tally
        self._wake = threading.Event()
        self.problem = ""
        self.again: Callable[[Arrival], None] = lambda _arrival: None
        self.on_spooled: Callable[[], None] = lambda: None

    @property
    def paused(self) -> bool:
        return bool(self.problem)

    def offer(self, arrival: Arrival) -> None:
        """It is to be spooled, soon."""
        arrival.offered = True
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._wake.wait(LOOK_S)
            self._wake.clear()
            self.step()
            if self.paused:
                stop.wait(UNUSABLE_S)

    def step(self) -> None:
        """Spools what is to be spooled now."""
        if self._hand.offer_older(PATIENCE_S):
            self._standing.too_slow()
        offered = self._hand.offered()
        if not offered:
            self._pause("")
            return
        try:
            count = self._spool.add(
                [((each.frame.camera, each.event), each.frame, each.jpeg) for each in offered]
            )
        except SpoolUnusable as error:
            self._pause(str(error))
            if not self._standing.away:
                for arrival in offered:
                    arrival.offered, arrival.since_s = False, time.monotonic()
                    self.again(arrival)
            return
        for arrival in offered[:count]:
            self._settle(arrival)
        self._pause("")
        self.on_spooled()
        if count < len(offered):
            self._wake.set()

    def _settle(self, arrival: Arrival) -> None:
        frame = arrival.frame
        number = (frame.session_hex, frame.sequence)
        self._ledger.spooled(frame.camera, arrival.event, number, time.monotonic())
        if self._hand.settle(arrival):
            self._tally.count(frame.camera, spooled=1)
            arrival.delivery.ack()

    def _pause(self, problem: str) -> None:
        was, self.problem = self.problem, problem
        if problem and not was:
            log.error("%s; until then frames stay with the broker, which keeps only so many", problem)
        elif was and not problem:
            log.info("the spool %s takes frames again", self._spool.folder)
