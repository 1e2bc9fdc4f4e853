"""The fault suite's world, but with demo cameras, a gateway, and people who watch."""

import contextlib
import json
import secrets
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from benchmarks.lasting.notary import Notary
from benchmarks.lasting.reading import Reading, read
from tests import backends
from tests.faults.lenses import LensBank
from tests.faults.processes import ServiceProcess
from tests.faults.world import World, eventually, made
from tests.runners import free_port
from tests.servers.faulty_proxy import FaultyProxy

USER = "admin"
PATIENCE_S = 300.0


class DemoBank(LensBank):
    """Cameras that capture draws itself, of one size and rate."""

    def __init__(self, names: list[str], width: int, height: int, fps: float) -> None:
        super().__init__(names)
        self._look = f"size={width}x{height}&fps={fps:g}"

    def url(self, name: str) -> str:
        return f"demo:?seed={list(self.lenses).index(name) + 1}&{self._look}"


class Town(World):
    """All five parts run; `readings` looks at each process, the broker's and the store's too."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.password, self.port = secrets.token_hex(8), free_port()
        self._hash = PasswordHasher().hash(self.password)
        super().__init__(folder, broken={}, **given)
        self.services["gateway"] = ServiceProcess("gateway", self._config, folder / "gateway")
        self.notary = self.witness = Notary(self.mqtt, self.topics, self.bank.lenses)

    def write_config(self) -> None:
        super().write_config()
        config = json.loads(self._config.read_text())
        config["gateway"] = {
            "listen": f"127.0.0.1:{self.port}",
            "user": USER,
            "password_hash": self._hash,
        }
        self._config.write_text(json.dumps(config))

    def start(self) -> None:
        for service in self.services.values():
            service.start()
        self.await_all()
        self.wait_until_it_watches()

    def wait_until_it_watches(self) -> None:
        """Until motion has looked at each camera. Motion rests where nothing moves, so that is not often."""
        looked = self.notary.analysed
        eventually(
            "frames that are analysed",
            lambda: all(looked[name] > 3 for name in self.bank.lenses),
            self.describe,
            within_s=PATIENCE_S,
        )

    def readings(self) -> dict[str, Reading]:
        """Of those that run now."""
        pids = {name: service.pid for name, service in self.services.items()}
        pids |= {"broker": self.mqtt.pid, "store": self.s3.pid}
        found = {name: read(pid) for name, pid in pids.items() if pid}
        return {name: reading for name, reading in found.items() if reading}

    def await_all(self) -> list[str]:
        """Until all are ready; starts again who has ended, as Docker would, and names them.

        Raises RuntimeError where that takes minutes.
        """
        again, until_s = [], time.monotonic() + PATIENCE_S
        while not all(service.ready() for service in self.services.values()):
            for name, service in self.services.items():
                if service.ended():
                    again.append(name)
                    service.start()
            if time.monotonic() > until_s:
                raise RuntimeError(f"not all are ready after {PATIENCE_S:.0f} s\n{self.describe()}")
            time.sleep(1.0)
        return again


class Viewer:
    """Somebody who watches a camera for hours, and comes back when the stream ends."""

    def __init__(self, town: Town, camera: str) -> None:
        self.bytes = self.connections = 0
        login = b64encode(f"{USER}:{town.password}".encode()).decode()
        self._request = urllib.request.Request(
            f"http://127.0.0.1:{town.port}/cameras/{camera}/stream.mjpeg",
            headers={"Authorization": f"Basic {login}"},
        )
        self._stop = threading.Event()
        threading.Thread(target=self._watch, name=f"viewer of {camera}", daemon=True).start()

    def leave(self) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(1.0):
            with contextlib.suppress(OSError), urllib.request.urlopen(self._request, timeout=10) as stream:
                self.connections += 1
                while not self._stop.is_set() and (some := stream.read1(65536)):
                    self.bytes += len(some)


@contextmanager
def a_town(folder: Path, cameras: int, width: int, height: int, fps: float) -> Iterator[Town]:
    """One that runs and watches, until the block ends."""
    names = [f"cam{n + 1}" for n in range(cameras)]
    with ExitStack() as stack:
        mqtt = stack.enter_context(backends.running_mqtt(made(folder / "mqtt")))
        s3 = stack.enter_context(backends.running_s3(made(folder / "s3")))
        proxy = stack.enter_context(FaultyProxy(s3.port))
        bank = DemoBank(names, width, height, fps)
        prefix = f"t{secrets.token_hex(4)}"
        town = Town(folder, mqtt=mqtt, s3=s3, proxy=proxy, bank=bank, prefix=prefix)
        stack.callback(town.end)
        stack.enter_context(town.witness)
        town.start()
        yield town
