"""An archiver without a broker, over a store in memory; the test's steps are the time."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

from services.archiver.events import EventEnds
from services.archiver.frames import FrameIntake
from services.archiver.ledger import Ledger
from services.archiver.places import Places
from services.archiver.tally import Tally
from services.archiver.uploads import Stopped, Uploads
from services.archiver.workers import Workers
from services.contract.archive import Manifest
from services.contract.archive_keys import KeyLayout
from services.contract.events import EventMessage
from services.contract.handover import Handover, Resend
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
    """One life of an archiver, over a store that may have seen others."""

    def __init__(self, store: MemoryStore) -> None:
        self.store, self.link, self.post = store, FakeLink(), Post()
        self.archiving = True
        self.tally = Tally(["yard"])
        self.uploads = Uploads(store, lambda _seconds: self.uploads.give_up())
        self.workers, self.ledger = Inline(), Ledger()
        self.places = Places(TOPICS, LAYOUT)
        self.now_s = time.monotonic()
        self.frames = FrameIntake(
            TOPICS,
            self.places,
            uploads=self.uploads,
            workers=self.workers,
            ledger=self.ledger,
            tally=self.tally,
            archiving=lambda _camera: self.archiving,
        )
        self.events = EventEnds(
            TOPICS,
            self.places,
            self.link,
            uploads=self.uploads,
            workers=self.workers,
            ledger=self.ledger,
            tally=self.tally,
            archiving=lambda _camera: self.archiving,
            public_url="",
        )

    def deliver(self, *sequences: int) -> None:
        for sequence in sequences:
            self.frames.take(self.post.deliver(TOPIC, frame(sequence)))

    def hand_over(self, given: Handover) -> None:
        self.events.take_handover(self.post.deliver(HANDOVER, given.payload()))

    def step(self, after_s: float = 0.1) -> None:
        self.now_s += after_s
        self.events.step(self.now_s)

    def answers(self) -> list[EventMessage]:
        return [EventMessage.model_validate_json(one.payload) for one in self.link.take("yard/event")]

    def asked(self) -> list[Resend]:
        return [Resend.model_validate_json(one.payload) for one in self.link.take("/resend")]

    def manifest(self, layout: KeyLayout = LAYOUT) -> Manifest:
        return Manifest.model_validate_json(self.store.objects[layout.manifest_key("yard", EVENT)])
