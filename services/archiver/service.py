"""Wires the store to MQTT: a frame is acknowledged when it is stored or spooled, an event answered once."""

import contextlib
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from services.archiver.addresses import Addresses, Links
from services.archiver.drain import Drain
from services.archiver.events import EventEnds
from services.archiver.frames import FrameIntake
from services.archiver.hand import Hand
from services.archiver.keeper import Keeper
from services.archiver.ledger import Ledger
from services.archiver.places import Places
from services.archiver.reasons import Reasons
from services.archiver.retention import Keeps, Sizes, open_sweeper
from services.archiver.size import Measure
from services.archiver.spool import Room, Spool
from services.archiver.tally import Tally
from services.archiver.uploads import Uploads
from services.archiver.workers import Workers
from services.contract import topics as leaf
from services.contract.archive_keys import KeyLayout
from services.contract.message import Message
from services.contract.settings import ArchiveSettings, CameraSettings, Settings
from services.contract.topics import ANY, Topics
from services.runtime.controls import ControlBoard
from services.runtime.leftovers import Leftovers
from services.runtime.mqtt import BrokerAddress, Delivery, Link
from services.runtime.presence import Presence
from services.runtime.run import Crew
from services.runtime.share import Share
from services.runtime.state import StateFile
from services.store import Store, StoreUnavailable

STEP_S = 0.1
STATS_INTERVAL_S = 2.0
#: From here on people are told, so that they can do something before something is lost.
NEARLY_FULL = 0.8
GB = 1_000_000_000


class ArchiverService:
    """Event frames from MQTT into a store, a manifest per event, and exactly one answer to each handover."""

    name = "archiver"

    def __init__(
        self, settings: Settings, broker: BrokerAddress, store: Store, links: Links | None = None
    ) -> None:
        self._settings = settings
        self._topics = Topics(settings.mqtt.prefix)
        state = StateFile(settings.state_dir / "archiver.json")
        self._board = ControlBoard(self.name, settings.cameras, self._topics, state)
        self._presence = Presence(broker, self._topics, self.name, settings.replica)
        self._control = self._presence.link
        self._share = Share(self._presence, self._topics, settings.own_cameras(), self._answer_for)
        self._cameras = cameras = self._share.cameras
        self._leftovers = Leftovers(
            self._control, self._topics, "archiving/state", self._retained, known=settings.cameras
        )
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
        self._reasons = Reasons()
        self._hand = Hand()
        self._spool = _spool(settings.archive, settings.state_dir)
        self._ledger = ledger = Ledger()
        self._keeper = Keeper(
            self._spool, self._hand, standing=self._uploads.standing, ledger=ledger, tally=self._tally
        )
        self._intake = FrameIntake(
            self._topics,
            self._places,
            self._reasons,
            hand=self._hand,
            keeper=self._keeper,
            uploads=self._uploads,
            workers=self._workers,
            ledger=ledger,
            tally=self._tally,
            archiving=self._archiving,
        )
        self._keeper.again = lambda arrival: self._workers.submit(self._intake.store, arrival)
        self._events = EventEnds(
            self._topics,
            self._places,
            self._reasons,
            self._control,
            hand=self._hand,
            spool=self._spool,
            uploads=self._uploads,
            workers=self._workers,
            ledger=ledger,
            tally=self._tally,
            archiving=self._archiving,
            page_or_link=Addresses(settings.gateway.public_url, links).of,
        )
        layout, sizes = self._places.default, Sizes(store, self._places.default)
        self._sweeper = sweeper = open_sweeper(
            settings, store, layout, self._tally, sizes=sizes, is_open=self._events.is_open
        )
        known = sweeper.cameras if sweeper else tuple
        self._measure = Measure(store, layout, self._tally, sizes, known)
        self._keeps = Keeps(
            self._topics, self._places, self._uploads, self._workers, self._reasons.last_event
        )
        self._drain = Drain(
            self._spool,
            self._uploads,
            places=self._places,
            reasons=self._reasons,
            ledger=ledger,
            tally=self._tally,
            threads=settings.archive.threads,
            newest_first=settings.archive.newest_first,
            waits=lambda: self._keeper.paused or self._events.pending,
        )

    def problems(self) -> list[str]:
        found = {self._control.problem, self._frames.problem, self._uploads.standing.problem}
        found |= {self._keeper.problem or self._events.problem or self._spool.problem or self._warning()}
        return sorted((found | {self._share.problem, self._sweeper.problem if self._sweeper else ""}) - {""})

    def account(self) -> Mapping[str, Message]:
        """The statistics of each camera."""
        return self._tally.account(
            self._hand.count,
            self._spool.frames,
            spool_filled=self._filled(),
            paused=self._keeper.paused,
        )

    def run(self, stop: threading.Event) -> None:
        self._board.load()
        self._spool.open()
        self._remember_spooled()
        self._board.attach(self._control, self._cameras)
        if self._is_alone:
            self._hear(ANY)
        else:
            self._board.overhear(self._control)
            for (
                camera
            ) in self._settings.own_cameras():  # what waits in our session is ours to store in any case
                self._frames.subscribe(self._topics.event_frames(camera, ANY), self._intake.take)
        self._share.attach()
        self._leftovers.attach()
        with self._workers:
            self._workers.submit(self._prepare)
            crew = Crew(stop)
            crew.start("archiver-control", self._control.run)
            crew.start("archiver-frames", self._frames.run)
            crew.start("archiver-steps", self._steps)
            crew.start("archiver-share", self._share.run)
            crew.start("archiver-size", self._measure.run)
            crew.start("archiver-spool", self._keeper.run)
            crew.start("archiver-drain", self._drain.run)
            if self._sweeper:
                crew.start("archiver-retention", self._sweeper.run)
            stop.wait()
            self._uploads.give_up()
            self._uploads.store.close()  # whoever waits for an answer waits no longer
            crew.wait()
        self._spool.close()

    def _prepare(self) -> None:
        """Makes the bucket or folder where it is missing, and finds out early what is wrong."""
        with contextlib.suppress(StoreUnavailable):
            self._uploads.attempt(self._uploads.store.prepare)

    def _remember_spooled(self) -> None:
        """What an earlier life of ours left on the disk."""
        for event in self._spool.events():
            if waiting := self._spool.waiting(event):
                with contextlib.suppress(ValueError):
                    self._places.settle(waiting.handover)
                    self._reasons.settle(waiting.handover)
                continue
            for session, sequence in self._spool.numbers(event):
                self._ledger.spooled(*event, (f"{session:016x}", sequence), time.monotonic())

    def reconfigure(self, settings: Settings) -> None:
        gone = self._cameras.keys() - settings.cameras.keys()
        self._settings = settings
        self._share.want(settings.own_cameras())
        self._leftovers.known = settings.cameras
        self._leftovers.clear(gone)

    def _answer_for(self, cameras: Mapping[str, CameraSettings]) -> None:
        """These are ours now, and no others; what was begun of those is brought to its end."""
        went, came = self._cameras.keys() - cameras.keys(), cameras.keys() - self._cameras.keys()
        self._board.reconfigure(self._control, self._settings.cameras, cameras)
        self._tally.take(cameras)
        self._cameras = cameras
        if self._is_alone:
            return
        for camera in came:
            self._hear(camera)
        for camera in went:  # frames that are on their way to us are asked for by whoever answers now
            self._control.unsubscribe(self._topics.camera(camera, "handover/+"))
            self._frames.unsubscribe(self._topics.event_frames(camera, ANY))

    @property
    def _is_alone(self) -> bool:
        """Then it also takes what is of no configured camera, so that nothing is left lying at the broker."""
        return self._settings.replica.count == 1

    def complain(self, problem: str) -> None:
        self._presence.tell(problem=problem)

    def _hear(self, camera: str) -> None:
        self._control.subscribe(self._topics.camera(camera, leaf.SLICES), self._places.take_slices)
        self._control.subscribe(self._topics.camera(camera, "handover/+"), self._take_handover)
        self._control.subscribe(self._topics.camera(camera, leaf.RESENT), self._events.take_resent)
        self._control.subscribe(self._topics.camera(camera, leaf.EVENT), self._reasons.take_event)
        self._frames.subscribe(self._topics.event_frames(camera, ANY), self._intake.take)
        self._frames.subscribe(self._topics.camera(camera, leaf.KEEP), self._keeps.take)

    def _take_handover(self, delivery: Delivery) -> None:
        """Each is answered once: by whoever has the camera now."""
        camera, _ = self._topics.split(delivery.topic) or ("", "")
        if camera in self._cameras or camera not in self._settings.cameras:
            self._events.take_handover(delivery)

    def _retained(self, camera: str) -> list[str]:
        """All that we say of a camera and that a broker remembers."""
        return [*self._board.states(camera), self._topics.stats(camera, self.name)]

    def _steps(self, stop: threading.Event) -> None:
        said_s = float("-inf")
        while not stop.wait(STEP_S):
            self._workers.check()
            now_s = time.monotonic()
            self._events.step(now_s)
            self._keeps.step()
            self._presence.tell(paused=self._keeper.paused)
            if now_s - said_s >= STATS_INTERVAL_S:
                said_s = now_s
                for camera, stats in self.account().items():
                    self._control.flash(self._topics.stats(camera, self.name), stats.payload(), retain=True)

    def _warning(self) -> str:
        """Before something is lost."""
        filled = self._filled()
        if filled < NEARLY_FULL:
            return ""
        return (
            f"the spool {self._spool.folder} is {filled:.0%} full; bring the archive back, or make room, "
            "before frames have to stay with the broker"
        )

    def _filled(self) -> float:
        return self._spool.filled if len(self._spool) else 0.0

    def _archiving(self, camera: str) -> bool:
        return camera not in self._cameras or bool(self._board.value(camera, "archiving"))


def _spool(archive: ArchiveSettings, state_dir: Path) -> Spool:
    room = Room(int(archive.spool_gb * GB), int(archive.spool_free_gb * GB))
    return Spool(archive.spool_dir or state_dir / "spool", room)
