"""Wires the store to MQTT: a frame is acknowledged when it is stored, an event answered when it is closed."""

import threading
import time
from collections.abc import Mapping

from services.archiver.events import EventEnds
from services.archiver.frames import FrameIntake
from services.archiver.ledger import Ledger
from services.archiver.places import Places
from services.archiver.size import Measure
from services.archiver.tally import Tally
from services.archiver.uploads import Uploads
from services.archiver.workers import Workers
from services.contract import topics as leaf
from services.contract.archive_keys import KeyLayout
from services.contract.message import Message
from services.contract.settings import Settings
from services.contract.topics import ANY, Topics
from services.runtime.controls import ControlBoard
from services.runtime.mqtt import BrokerAddress, Link
from services.runtime.presence import control_link
from services.runtime.run import Crew
from services.runtime.state import StateFile
from services.store import Store

STEP_S = 0.1
STATS_INTERVAL_S = 2.0


class ArchiverService:
    """Event frames from MQTT into a store, a manifest per event, and exactly one answer to each handover."""

    name = "archiver"

    def __init__(self, settings: Settings, broker: BrokerAddress, store: Store) -> None:
        self._topics = Topics(settings.mqtt.prefix)
        self._cameras = cameras = settings.own_cameras()
        #: Alone it also takes what is of no configured camera, so that nothing is left lying at the broker.
        self._heard = [ANY] if settings.replica.count == 1 else list(cameras)
        state = StateFile(settings.state_dir / "archiver.json")
        self._board = ControlBoard(self.name, cameras, self._topics, state)
        self._control = control_link(broker, self._topics, self.name, settings.replica, list(cameras))
        # The window bounds what waits for the store: so many frames are with us and not acknowledged.
        self._frames = Link(
            broker,
            f"{self._topics.prefix}-archiver-{settings.replica.slot}-frames",
            session=True,
            manual_ack=True,
            window=20,
        )
        self._uploads = Uploads(store)
        self._workers = Workers(settings.archive.threads)
        self._tally = Tally(cameras)
        self._places = Places(self._topics, KeyLayout(settings.archive.key))
        ledger = Ledger()
        self._intake = FrameIntake(
            self._topics,
            self._places,
            uploads=self._uploads,
            workers=self._workers,
            ledger=ledger,
            tally=self._tally,
            archiving=self._archiving,
        )
        self._events = EventEnds(
            self._topics,
            self._places,
            self._control,
            uploads=self._uploads,
            workers=self._workers,
            ledger=ledger,
            tally=self._tally,
            archiving=self._archiving,
            public_url=settings.gateway.public_url.rstrip("/"),
        )

    def problems(self) -> list[str]:
        found = {self._control.problem, self._frames.problem, self._uploads.problem}
        return sorted(found - {""})

    def account(self) -> Mapping[str, Message]:
        """The statistics of each camera."""
        return self._tally.account()

    def run(self, stop: threading.Event) -> None:
        self._board.load()
        self._board.attach(self._control)
        for camera in self._heard:
            self._control.subscribe(self._topics.camera(camera, leaf.SLICES), self._places.take_slices)
            self._control.subscribe(self._topics.camera(camera, "handover/+"), self._events.take_handover)
            self._control.subscribe(self._topics.camera(camera, leaf.RESENT), self._events.take_resent)
            self._frames.subscribe(self._topics.event_frames(camera, ANY), self._intake.take)
        with self._workers:
            self._workers.submit(self._uploads.insist, self._uploads.store.prepare)
            crew = Crew(stop)
            crew.start("archiver-control", self._control.run)
            crew.start("archiver-frames", self._frames.run)
            crew.start("archiver-steps", self._steps)
            crew.start("archiver-size", Measure(self._uploads.store, self._tally).run)
            stop.wait()
            self._uploads.give_up()
            crew.wait()
        self._uploads.store.close()

    def _steps(self, stop: threading.Event) -> None:
        said_s = float("-inf")
        while not stop.wait(STEP_S):
            self._workers.check()
            now_s = time.monotonic()
            self._events.step(now_s)
            if now_s - said_s >= STATS_INTERVAL_S:
                said_s = now_s
                for camera, stats in self.account().items():
                    self._control.flash(self._topics.stats(camera, self.name), stats.payload(), retain=True)

    def _archiving(self, camera: str) -> bool:
        return camera not in self._cameras or bool(self._board.value(camera, "archiving"))
