"""Wires the gateway: two links to the broker, the store, and the HTTP server in this service's own loop."""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from services.contract.message import Message
from services.contract.settings import Settings
from services.contract.topics import ANY, SNAPSHOT, Topics
from services.gateway.access.doors import Doors
from services.gateway.access.entrance import Entrance, folder_of
from services.gateway.access.handlers import AccessApi
from services.gateway.access.https import Https, open_https
from services.gateway.api import Api
from services.gateway.app import make_app
from services.gateway.archive.bucket import Bucket
from services.gateway.archive.by_id import EventMedia
from services.gateway.archive.clips import Clips
from services.gateway.archive.handlers import ArchiveApi
from services.gateway.archive.library import Library, open_library
from services.gateway.archive.snapshots import EventSnapshots
from services.gateway.cameras import Cameras
from services.gateway.controls.handlers import Controls
from services.gateway.doorman import Doorman
from services.gateway.homeassistant.description import Description
from services.gateway.homeassistant.discovery import Discovery
from services.gateway.homeassistant.forms import FORMS
from services.gateway.homeassistant.totals import Bulletin
from services.gateway.ingest.handlers import Ingest
from services.gateway.listening import listening
from services.gateway.live.feed import Change
from services.gateway.live.health import Trouble, dated, troubles
from services.gateway.live.history import History
from services.gateway.live.sse import LiveEvents
from services.gateway.live.state import LiveState
from services.gateway.openapi.handlers import ApiDocs
from services.gateway.pages.access import AccessPage
from services.gateway.pages.experiments import Experiments
from services.gateway.pages.pages import Pages
from services.gateway.pages.statistics import Statistics
from services.gateway.pages.views import Views
from services.gateway.pictures.broker_frames import BrokerFrames
from services.gateway.pictures.fanout import Fanout
from services.gateway.pictures.hub import Hub
from services.gateway.pictures.picture import Picture, no_picture, waking
from services.gateway.pictures.scaling import Scaling
from services.gateway.pictures.sheet import AVAILABLE
from services.gateway.pictures.showing import Showing
from services.gateway.pictures.snapshot import Snapshots
from services.gateway.pictures.stream import Streams
from services.gateway.pictures.websocket import WebSockets
from services.gateway.tuning.handlers import Tuning
from services.gateway.tuning.scores import Scores
from services.runtime.leftovers import Leftovers
from services.runtime.mqtt import BrokerAddress, Delivery, Link
from services.runtime.presence import Presence
from services.runtime.run import Crew
from services.runtime.stop import Stop
from services.store import Key

log = logging.getLogger(__name__)

TICK_S = 1.0
#: After a connect the others' retained state is on its way: until then nobody is said to be missing.
SETTLE_S = 3.0


class GatewayService:
    """The dashboard, its live pictures and its API; `port` is where it listens once it does, else 0."""

    name = "gateway"

    def __init__(self, settings: Settings, broker: BrokerAddress) -> None:
        self._settings = self._in_force = settings
        self._topics = Topics(settings.mqtt.prefix)
        self._cameras = Cameras(settings)
        self._presence = Presence(broker, self._topics, self.name, settings.replica, self._cameras)
        self._control = self._presence.link
        self._frames = Link(broker, f"{self._topics.prefix}-{self.name}-{settings.replica.slot}-frames")
        self._who = f"{self.name}-{settings.replica.slot}"
        self._source = BrokerFrames(self._frames, self._control, self._topics, self._who, self._deliver)
        self._leftovers = Leftovers(
            self._control, self._topics, f"stats/{self.name}", self._retained, known=self._cameras
        )
        self._hub = Hub(
            self._source,
            time.monotonic,
            lambda: no_picture(datetime.now(UTC)),
            lambda: waking(datetime.now(UTC)),
            self._cameras.on_demand,
        )
        self._doorman = Doorman()
        self._fanout = Fanout()
        self._scaling = Scaling(time.monotonic)
        self._state = LiveState(self._topics, self._cameras.labels(), self._hub.set_online)
        self._bulletin = Bulletin(self._topics, self._control, self._state)
        self._description = Description(
            self._topics, self._cameras, self._state, settings.gateway.public_url, str(settings.replica.slot)
        )
        self._discovery = Discovery(
            self._topics,
            self._control,
            messages=FORMS[settings.homeassistant.discovery],
            describe=self._description,
            repeat_states=self._bulletin.repeat,
        )
        self._connected_at = float("inf")
        self._troubles: list[Trouble] = []
        self._folder = folder_of(settings.state_dir)
        self._entrance = Entrance(settings.gateway, self._folder)
        self._https: Https | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._snapshots = EventSnapshots()
        self._history = History()
        self.port = 0

    def problems(self) -> list[str]:
        here = "" if self.port else f"the dashboard does not listen on {self._settings.gateway.listen} yet"
        return [problem for problem in (here, self._control.problem, self._frames.problem) if problem]

    def account(self) -> Mapping[str, Message]:
        """How many watch each camera, and what came for them."""
        return {
            camera: self._source.account(camera, self._hub.viewers_of(camera), self._hub.tally_of(camera))
            for camera in self._cameras
        }

    def run(self, stop: threading.Event) -> None:
        self._entrance.accounts.check()
        self._https = open_https(self._settings.gateway, self._folder)
        library = open_library(self._settings.archive, lambda: Key.of(self._in_force.again().archive))
        try:
            asyncio.run(self._live(stop, library))
        finally:
            self.port = 0
            library.close()

    def reconfigure(self, settings: Settings) -> None:
        if self._loop:
            self._loop.call_soon_threadsafe(self._take, settings)
        else:  # before the loop runs
            self._take(settings)

    def complain(self, problem: str) -> None:
        self._presence.tell(problem=problem)

    async def _live(self, stop: threading.Event, library: Library) -> None:
        self._doorman.settle()
        self._listen_to_broker(asyncio.get_running_loop())
        links_stop = Stop()
        tls = self._https.context if self._https else None
        app, own = self._app(library), self._settings.gateway
        async with listening(app, self._doorman, own.listen, tls, shared=own.workers > 1) as port:
            self.port = port
            log.info("the dashboard is on port %d", port)
            crew = Crew(links_stop)
            crew.start("gateway-control", self._control.run)
            crew.start("gateway-frames", self._frames.run)
            with self._fanout if AVAILABLE else nullcontext():
                while not links_stop.is_set() and not stop.is_set():
                    self._tick(library)
                    await asyncio.to_thread(stop.wait, TICK_S)
        self._loop = None
        self._scaling.close()
        self._hub.close()
        links_stop.set()
        await asyncio.to_thread(crew.wait)  # the loop outlives the links, which hand over to it

    def _listen_to_broker(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

        def pictured(delivery: Delivery) -> None:
            camera = delivery.topic.split("/")[-2]
            loop.call_soon_threadsafe(self._snapshots.take, camera, delivery.payload)

        self._control.subscribe(self._topics.frames(ANY, SNAPSHOT), pictured)
        self._source.begin(loop, list(self._cameras))
        self._control.on_connect(self._connected)
        self._leftovers.attach()
        self._listen_to_state(loop)

        def homeassistant(delivery: Delivery) -> None:
            loop.call_soon_threadsafe(self._discovery.take, delivery.topic, delivery.payload)

        for topic_filter in self._discovery.filters():
            self._control.subscribe(topic_filter, homeassistant)

    def _listen_to_state(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called again, it makes the broker tell anew what it retains."""

        def arrived(delivery: Delivery) -> None:
            loop.call_soon_threadsafe(self._state.take, delivery.topic, delivery.payload)

        for topic_filter in self._state.filters():
            self._control.subscribe(topic_filter, arrived)

    def _take(self, settings: Settings) -> None:
        """In the loop: cameras, and who gets in with what, are those of another configuration."""
        self._in_force = settings
        self._entrance.take(settings.gateway)
        before = set(self._cameras)
        self._cameras.take(settings)
        self._state.take_cameras(self._cameras.labels())
        if self._loop and (new := [camera for camera in self._cameras if camera not in before]):
            self._source.begin(self._loop, new)
            self._listen_to_state(self._loop)  # of these it may have been said already
        self._leftovers.clear(before - set(self._cameras))
        self._presence.tell(cameras=self._cameras)

    def _retained(self, camera: str) -> list[str]:
        """What we say of a camera and a broker remembers; Home Assistant's topics mind themselves."""
        return [self._topics.stats(camera, self.name), self._topics.want(camera, self._who)]

    def _app(self, library: Library) -> web.Application:
        own, entrance = self._settings.gateway, self._entrance
        views = Views(lambda: len(self._troubles))
        secure = own.public_url.startswith("https://")
        bucket = Bucket.of(self._settings.archive)
        media = EventMedia(
            self._cameras,
            self._state,
            library,
            self._snapshots,
            Clips(self._folder / "clips", library.read),
            topics=self._topics,
            link=self._control,
        )
        doors = Doors(entrance.passwords, entrance.sessions, entrance.audit, views.render, secure=secure)
        showing = Showing(self._hub, self._scaling, self._fanout, own.max_viewers)
        return make_app(
            self._doorman,
            entrance.guard,
            views,
            [
                doors.routes(),
                AccessApi(entrance.tokens, entrance.audit).routes(),
                ApiDocs(views).routes(),
                Streams(showing, self._cameras).routes(),
                WebSockets(showing, self._cameras).routes(),
                Snapshots(self._hub, self._scaling, self._cameras).routes(),
                Api(self._cameras, self._state, self._topics, self._control, self._current).routes(),
                Ingest(self._cameras, self._topics, self._settings.mqtt, self._frames).routes(),
                Controls(self._cameras, self._state, self._topics, self._control).routes(),
                ArchiveApi(library, self._cameras, self._scaling).routes(),
                media.routes(),
                LiveEvents(self._state, self._troubles_json).routes(),
                Pages(views, self._cameras, self._state, library, self._current, bucket=bucket).routes(),
                Tuning(views, self._cameras, self._state, Scores(self._topics, self._control)).routes(),
                Statistics(views, self._cameras, self._history).routes(),
                AccessPage(views, entrance).routes(),
                Experiments(views, self._cameras, self._state, library).routes(),
            ],
            proxies=own.trusted_proxies,
            origins=own.cors_origins,
        )

    def _deliver(self, camera: str, leaf: str, picture: Picture) -> None:
        self._hub.put(camera, leaf, picture)

    def _connected(self) -> None:
        self._connected_at = time.monotonic()

    def _tick(self, library: Library) -> None:
        self._hub.tick()
        self._fanout.tick()
        if self._https:
            self._https.refresh()
        broker = self._control.problem
        settling = not broker and time.monotonic() - self._connected_at < SETTLE_S
        found = [] if settling else troubles(self._state, broker, library.problem)
        found = dated(found, self._troubles, datetime.now(UTC))
        self._state.tell_counts()
        self._history.note(self._state.cameras.values(), datetime.now(UTC))
        if found != self._troubles:
            self._troubles = found
            self._state.feeds.tell(Change("troubles", "troubles", {"troubles": self._troubles_json()}))
        if not (settling or broker):
            self._bulletin.tick(self._troubles)
            self._discovery.tick()

    def _current(self) -> list[Trouble]:
        return self._troubles

    def _troubles_json(self) -> list[dict[str, Any]]:
        return [trouble.json() for trouble in self._troubles]
