"""Capture, motion and archiver as objects in threads of the test, which may end and begin each of them."""

import itertools
import json
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from services.archiver.service import ArchiverService
from services.capture import service as capture_module
from services.capture.service import CaptureService
from services.contract.archive import Manifest
from services.contract.frame import identify
from services.contract.partition import slot_of
from services.contract.settings import Settings
from services.motion.service import MotionService
from services.runtime.mqtt import BrokerAddress
from services.runtime.run import Service
from services.store import NotStored, Store, StoreUnavailable, open_store
from tests.integration.pipeline.stage import Stage
from tests.real import Archive, MqttServer
from tests.runners import free_port

T = TypeVar("T")

ROOT = Path(__file__).parents[3]
#: Short, so that an event takes seconds.
MOTION = {"pre_roll": 1, "post_roll": 0.5}


def eventually(
    what: str,
    condition: Callable[[], T],
    seen: Callable[[], object] = lambda: "",
    within_s: float = 30.0,
) -> T:
    """The condition's value as soon as it is true; fails with what was `seen` where it never is."""
    until_s = time.monotonic() + within_s
    while not (found := condition()):
        if time.monotonic() > until_s:
            pytest.fail(f"no {what} within {within_s} s; {seen()}")
        time.sleep(0.05)
    return found


class Running:
    """A service in a thread, until `end`; what it raises comes out there."""

    def __init__(self, service: Service) -> None:
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._service = service
        self._thread = threading.Thread(target=self._live, name=service.name, daemon=True)
        self._thread.start()

    def _live(self) -> None:
        try:
            self._service.run(self._stop)
        except BaseException as error:  # noqa: BLE001  (raised again by end)
            self._failure = error

    def end(self) -> None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive(), f"{self._service.name} does not end"
        if self._failure:
            raise self._failure


def of_the_second_of_two(name: str) -> str:
    """A name that begins so and is of a camera which the second of two replicas would have."""
    return next(camera for n in itertools.count() if slot_of(camera := f"{name}-{n}", 2) == 2)


class Pipeline:
    """One camera, `stage`, from the lens to the archive."""

    def __init__(
        self, broker: MqttServer, archive: Archive, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.folder = folder
        self.stage = Stage()
        monkeypatch.setattr(capture_module, "open_configured", lambda *_: self.stage)
        self.address = BrokerAddress(broker.host, broker.port, broker.user, broker.password)
        self.archive = archive
        # The broker remembers other tests' sessions and retained messages: names of our own for all of them.
        self.prefix = f"t{secrets.token_hex(4)}"
        self.camera = of_the_second_of_two(self.prefix)
        self.settings = Settings.model_validate(
            {
                "mqtt": {"url": broker.url, "prefix": self.prefix},
                "archive": {"url": archive.url},
                "state_dir": folder / "state",
                "cameras": {self.camera: {"url": "demo:", "motion": MOTION}},
            }
        )
        self.store = self.open_store()
        self._running: dict[str, Running] = {}
        self._processes: list[subprocess.Popen[bytes]] = []
        self.capture = CaptureService(self.settings, self.address)
        self.motion = self._motion()
        self.archiver = self._archiver(self.open_store())

    def _motion(self) -> MotionService:
        return MotionService(self.settings, self.address)

    def _archiver(self, store: Store) -> ArchiverService:
        return ArchiverService(self.settings, self.address, store)

    def open_store(self) -> Store:
        return open_store(self.archive.url, self.archive.access_key, self.archive.secret_key)

    # -- the services --------------------------------------------------------------------------------------

    def start(self, *names: str) -> None:
        for name in names:
            self._running[name] = Running(getattr(self, name))

    def end(self, name: str) -> None:
        if running := self._running.pop(name, None):
            running.end()

    def restart_motion(self) -> None:
        self.end("motion")
        self.motion = self._motion()
        self.start("motion")

    def motion_process(self) -> subprocess.Popen[bytes]:
        """Motion in a process of its own, to be killed."""
        config = self.folder / "nightjar.yaml"
        config.write_text(
            json.dumps(
                {
                    "mqtt": {
                        "url": f"mqtt://{self.address.host}:{self.address.port}",
                        "prefix": self.prefix,
                        "user": self.address.user,
                        "password": self.address.password,
                    },
                    "health": {"listen": f"127.0.0.1:{free_port()}"},
                    "state_dir": str(self.settings.state_dir),
                    "cameras": {self.camera: {"url": "demo:", "motion": MOTION}},
                }
            )
        )
        command = [sys.executable, "-m", "services.motion", "--config", str(config)]
        self._processes.append(process := subprocess.Popen(command, cwd=ROOT))
        return process

    def new_archiver(self, store: Store | None = None) -> None:
        self.end("archiver")
        self.archiver = self._archiver(store or self.open_store())
        self.start("archiver")

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        for name in ("capture", "motion", "archiver"):
            self.end(name)
        self.store.close()

    # -- what happens ----------------------------------------------------------------------------------------

    def play(self, seconds: float) -> None:
        """Lets it run; the camera plays in real time."""
        threading.Event().wait(seconds)

    def warm_up(self) -> None:
        """Until motion has learnt the scene and has more than a pre-roll."""
        self.wait_for("frames to be analysed", lambda: self.account("motion")["analysed"] > 30)

    def account(self, name: str) -> dict[str, Any]:
        accounts: Mapping[str, Any] = getattr(self, name).account()
        found: dict[str, Any] = accounts[self.camera].model_dump()
        return found

    def event_begins(self) -> None:
        events = self.account("motion")["events"]
        self.stage.moving.set()
        self.wait_for("event", lambda: self.account("motion")["events"] > events)

    def event_ends(self) -> None:
        self.stage.moving.clear()

    def wait_for(self, what: str, condition: Callable[[], T]) -> T:
        """The condition's value as soon as it is true; fails with what the services have done."""
        return eventually(
            what,
            condition,
            lambda: {name: self.account(name) for name in ("capture", "motion", "archiver")},
        )

    # -- what came of it -------------------------------------------------------------------------------------

    def manifests(self) -> list[Manifest]:
        try:
            keys = [one.key for one in self.store.list(f"{self.camera}/") if one.key.endswith("/event.json")]
            return [Manifest.model_validate_json(self.store.get(key)) for key in keys]
        except (StoreUnavailable, NotStored):
            return []

    def manifest(self, count: int = 1) -> Manifest:
        """The last of so many events, when they are archived."""
        found = self.wait_for(
            "manifest", lambda: manifests if len(manifests := self.manifests()) >= count else []
        )
        assert len(found) == count
        return found[-1]

    def captured(self, sequence: int) -> bytes | None:
        """A frame as it left capture."""
        return self.capture._feeds[self.camera]._ring.get(sequence)

    def check_whole(self, *manifests: Manifest) -> None:
        """From an event's first number to its last nothing is missing; each is what capture gave."""
        numbers: Counter[int] = Counter()
        for manifest in manifests:
            assert manifest.missing == []
            sequences = [frame.sequence for frame in manifest.frames]
            assert sequences == list(range(sequences[0], sequences[-1] + 1))
            numbers.update(sequences)
            for frame in manifest.frames:
                stored = self.store.get(frame.key)
                assert stored == self.captured(frame.sequence)
                identity = identify(stored)
                assert identity
                assert (identity.sequence, identity.session_hex) == (frame.sequence, frame.session)
        assert set(numbers.values()) == {1}
