"""A gateway on a real broker and a folder, and a camera that the tests play."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from services.contract.frame import FrameId, stamp
from services.contract.settings import Settings
from services.contract.topics import LIVE, Topics
from services.gateway.service import GatewayService
from services.runtime.mqtt import BrokerAddress, Delivery, Link
from services.store import Store, open_store
from tests.integration.gateway.http import Browser, Viewer
from tests.real import MqttServer

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("secret")
PATIENCE_S = 10.0


def eventually(true: Callable[[], object], what: str) -> None:
    """Waits until it is so."""
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until, f"never came true: {what}"
        time.sleep(0.01)


@dataclass
class Scene:
    """A gateway that runs, and the MQTT side of the world around it."""

    service: GatewayService
    settings: Settings
    topics: Topics
    link: Link
    store: Store
    said: dict[str, list[bytes]] = field(default_factory=dict)
    viewers: list[Viewer] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.service.port

    def browser(self) -> Browser:
        return Browser(self.port)

    def logged_in(self) -> Browser:
        browser = self.browser()
        assert browser.log_in().status == 303
        return browser

    def viewer(self, path: str = "/stream.jpg") -> Viewer:
        """Somebody who watches until the gateway stops."""
        viewer = Viewer(self.port, path)
        self.viewers.append(viewer)
        return viewer

    def listen(self, topic: str) -> list[bytes]:
        """What is said on a topic from now on, retained state first."""
        heard = self.said.setdefault(topic, [])
        self.link.subscribe(topic, lambda delivery: _note(heard, delivery))
        self._until_subscribed()
        return heard

    def _until_subscribed(self) -> None:
        """A broker works off what one client sends in order: who hears himself has subscribed before."""
        echo, heard = f"{self.topics.prefix}-echo", threading.Event()
        self.link.subscribe(echo, lambda _: heard.set())
        self.link.flash(echo, b"")
        assert heard.wait(10)
        self.link.unsubscribe(echo)

    def want(self, camera: str = "door") -> list[bytes]:
        """What the gateway says of who watches: nobody, at first."""
        heard = self.listen(self.topics.want(camera, "gateway-1"))
        eventually(lambda: heard == [b"OFF"], "nobody watches")
        return heard

    def show(self, sequence: int, *, camera: str = "door", size: int = 1000, age_s: float = 0.0) -> bytes:
        """The camera takes a picture of about so many bytes."""
        jpeg = make_frame(camera, sequence, size, age_s)
        assert self.link.flash(self.topics.frames(camera, LIVE), jpeg)
        return jpeg

    def hold(self, leaf: str, payload: str, camera: str = "door") -> None:
        self.link.hold(self.topics.camera(camera, leaf), payload.encode())

    def watched(self, camera: str = "door") -> None:
        """Returns when frames that are shown now arrive."""
        sequence = 0
        until = time.monotonic() + PATIENCE_S
        before = self._frames(camera)
        while self._frames(camera) == before:
            assert time.monotonic() < until, "the gateway never subscribed"
            self.show(sequence := sequence + 1, camera=camera)
            time.sleep(0.02)

    def _frames(self, camera: str) -> int:
        account: Any = self.service.account()[camera]
        return int(account.frames)


def _note(heard: list[bytes], delivery: Delivery) -> None:
    heard.append(delivery.payload)


def make_frame(camera: str, sequence: int, size: int = 1000, age_s: float = 0.0) -> bytes:
    padding, left = b"", size
    while left > 0:
        length = min(left, 65000)
        padding += b"\xff\xfe" + (length + 2).to_bytes(2, "big") + b"x" * length
        left -= length
    taken = datetime.now(UTC) - timedelta(seconds=age_s)
    return stamp(b"\xff\xd8" + padding + b"\xff\xd9", FrameId(camera, 0xAB, sequence, taken))


@contextmanager
def running(*runs: Callable[[threading.Event], None]) -> Iterator[list[BaseException]]:
    """Threads, until the block ends; what they raised."""
    stop = threading.Event()
    raised: list[BaseException] = []

    def life(run: Callable[[threading.Event], None]) -> None:
        try:
            run(stop)
        except BaseException as error:  # noqa: BLE001  (the test looks at it)
            raised.append(error)

    threads = [threading.Thread(target=life, args=(run,), daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    try:
        yield raised
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)
            assert not thread.is_alive(), "a service did not stop"
    assert not raised


def make_settings(tmp_path: Path, **more: Any) -> Settings:
    values: dict[str, Any] = {
        "mqtt": {"prefix": f"t{secrets.token_hex(4)}"},
        "archive": {"url": (tmp_path / "archive").as_uri()},
        "state_dir": tmp_path / "state",
        "gateway": {
            "listen": "127.0.0.1:0",
            "password_hash": HASH,
            "session_key": "key",
            **more.pop("gateway", {}),
        },
        "cameras": {"door": {"url": "http://user:hidden@camera/video", "label": "Front <door>"}},
        **more,
    }
    return Settings.model_validate(values)


@contextmanager
def staged(settings: Settings, address: BrokerAddress) -> Iterator[Scene]:
    """A scene with these settings."""
    store = open_store(settings.archive.url)
    store.prepare()
    topics = Topics(settings.mqtt.prefix)
    service = GatewayService(settings, address)
    link = Link(address, f"{topics.prefix}-tests")
    with running(service.run, link.run) as raised:
        eventually(lambda: raised or not (service.problems() or link.problem), "everybody is connected")
        assert not raised
        scene = Scene(service, settings, topics, link, store)
        yield scene
    for viewer in scene.viewers:
        viewer.join(5)
        viewer.stream.close()


@pytest.fixture
def address(mqtt_server: MqttServer) -> BrokerAddress:
    return BrokerAddress(mqtt_server.host, mqtt_server.port, mqtt_server.user, mqtt_server.password)


@pytest.fixture
def scene(tmp_path: Path, address: BrokerAddress) -> Iterator[Scene]:
    with staged(make_settings(tmp_path), address) as scene:
        yield scene
