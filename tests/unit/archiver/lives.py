"""An archiver without a broker, over a store in memory; the test's steps are the time."""

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from services.archiver.addresses import Addresses
from services.archiver.drain import Drain
from services.archiver.events import EventEnds
from services.archiver.frames import FrameIntake
from services.archiver.hand import Hand
from services.archiver.keeper import Keeper
from services.archiver.ledger import Ledger
from services.archiver.places import Places
from services.archiver.reasons import Reasons
from services.archiver.spool import Room, Spool
from services.archiver.standing import Standing
from services.archiver.tally import Tally
from services.archiver.uploads import Stopped, Uploads
from services.archiver.workers import Workers
from services.contract.archive import Manifest
from services.contract.archive_keys import KeyLayout
from services.contract.events import EventMessage
from services.contract.handover import Handover, Resend
from services.contract.status import ArchiverStats
from tests.unit.archiver.events import EVENT, LAYOUT, frame
from tests.unit.archiver.stores import MemoryStore
from tests.unit.links import TOPICS, FakeLink, Post

TOPIC = TOPICS.event_frames("yard", EVENT)
HANDOVER = TOPICS.handover("yard", EVENT)
RESENT = TOPICS.camera("yard", "resent")
SLICES = TOPICS.camera("yard", "slices")


class Inline(Workers):
    """Does everything at once, in the thread that asks for it."""

    def __init__(self) -> None:
        super().__init__(1)

    def submit(self, action: Callable[..., Any], *arguments: object) -> None:
        with contextlib.suppress(Stopped):
            action(*arguments)


class Archiver:
    """One life of an archiver, over a store and a spool that may have seen others.

    Without a spool's folder it ends when the store is away.
    """

    def __init__(self, store: MemoryStore, spool: Path | None = None, *, max_bytes: int = 1_000_000) -> None:
        self.store, self.link, self.post = store, FakeLink(), Post()
        self.archiving = True
        self.tally = Tally(["yard"])
        self.clock_s = 0.0
        standing = Standing(store.describe(), lambda: self.clock_s)
        self.uploads = Uploads(
            store, standing, self.pass_time if spool else lambda _seconds: self.uploads.give_up()
        )
        self.workers, self.ledger = Inline(), Ledger()
        self.places = Places(TOPICS, LAYOUT)
        self.reasons = Reasons()
        self.now_s = time.monotonic()
        self.hand = Hand(lambda: self.clock_s)
        self.spool = Spool(
            spool or Path("/nowhere/spool"), Room(max_bytes, 0, lambda _folder: 10 * max_bytes)
        )
        self.spool.open()
        self.keeper = Keeper(self.spool, self.hand, standing=standing, ledger=self.ledger, tally=self.tally)
        self.drainer = Drain(
            self.spool,
            self.uploads,
            places=self.places,
            reasons=self.reasons,
            ledger=self.ledger,
            tally=self.tally,
            threads=2,
            newest_first=False,
            waits=lambda: self.events.pending,
        )
        self.frames = FrameIntake(
            TOPICS,
            self.places,
            self.reasons,
            hand=self.hand,
            keeper=self.keeper,
            uploads=self.uploads,
            workers=self.workers,
            ledger=self.ledger,
            tally=self.tally,
            archiving=lambda _camera: self.archiving,
        )
        self.events = EventEnds(
            TOPICS,
            self.places,
            self.reasons,
            self.link,
            hand=self.hand,
            spool=self.spool,
            uploads=self.uploads,
            workers=self.workers,
            ledger=self.ledger,
            tally=self.tally,
            archiving=lambda _camera: self.archiving,
            page_or_link=Addresses("", None).of,
        )

    def pass_time(self, seconds: float) -> None:
        self.clock_s += seconds

    def drain(self) -> None:
        """Asks after the store, and brings it what waits in the spool."""
        self.uploads.probe()
        with ThreadPoolExecutor(2) as pool:
            while self.drainer.step(pool):
                pass

    def stats(self) -> ArchiverStats:
        return self.tally.account(self.hand.count, self.spool.frames)["yard"]

    def deliver(self, *sequences: int) -> None:
        for sequence in sequences:
            self.frames.take(self.post.deliver(TOPIC, frame(sequence)))

    def hand_over(self, given: Handover) -> None:
        self.events.take_handover(self.post.deliver(HANDOVER, given.payload()))

    def step(self, after_s: float = 0.1) -> None:
        self.now_s += after_s
        self.events.step(self.now_s)

    def settle(self) -> None:
        """Two steps: what it found in the store in the one counts in the other."""
        self.step()
        self.step()

    def answers(self) -> list[EventMessage]:
        return [EventMessage.model_validate_json(one.payload) for one in self.link.take("yard/event")]

    def asked(self) -> list[Resend]:
        return [Resend.model_validate_json(one.payload) for one in self.link.take("/resend")]

    def manifest(self, layout: KeyLayout = LAYOUT) -> Manifest:
        return Manifest.model_validate_json(self.store.objects[layout.manifest_key("yard", EVENT)])
