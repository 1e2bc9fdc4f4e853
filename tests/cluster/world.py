"""One Nightjar on clusters for many faults: what the fault suite does at home, over replicas and nodes."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import docker  # type: ignore[import-untyped] # it brings no types

from services.contract.topics import Topics
from services.store import open_store
from tests.cluster.containers import Containers
from tests.cluster.viewer import Viewer
from tests.faults.lenses import LensBank
from tests.faults.witness import Witness
from tests.faults.world import MOTION, World, eventually, made

WATCHES_S = 120.0


@dataclass(frozen=True, slots=True)
class Broker:
    """One node of it, and how a person gets in."""

    host: str
    port: int
    user: str
    password: str


class ClusterWorld(World):
    """As the world of the fault suite, but that its services are containers and there are several of each."""

    def __init__(self, containers: Containers, bank: LensBank) -> None:
        self.containers = containers
        self.bank = bank
        self.topics = Topics()
        self.logins = containers.logins()
        mqtt, archive = self.logins["mqtt"], self.logins["archive"]
        broker = Broker("127.0.0.1", containers.ports["MQTT_PORT"], mqtt["user"], mqtt["password"])
        self.witness = Witness(broker, self.topics, bank.lenses, client_id="fault-suite")
        url = f"s3://{archive['bucket']}?endpoint=http://127.0.0.1:{containers.ports['S3_PORT']}"
        self.store = open_store(url, archive["access_key"], archive["secret_key"])
        self._marked_s = time.monotonic()

    def wait_until_it_watches(self) -> None:
        self.containers.wait_until_well()
        before = dict(self.witness.analysed)
        eventually(
            "frames that are analysed",
            lambda: all(
                self.witness.analysed[name] > 25 and self.witness.analysed[name] != before.get(name, 0)
                for name in self.bank.lenses
            ),
            self.describe,
            WATCHES_S,
        )

    def describe(self) -> str:
        since = f"{time.monotonic() - self._marked_s + 5:.0f}s"
        names = [name for name in self.containers.names if re.match("capture|motion|archiver|gateway", name)]
        return "\n".join(f"-- {name}\n{self.containers.log(name, since=since)}" for name in names)

    def mark(self) -> None:
        self._marked_s = time.monotonic()

    def viewer(self) -> Viewer:
        """Somebody who watches the first camera."""
        dashboard = self.logins["dashboard"]
        camera = next(iter(self.bank.lenses))
        port = self.containers.ports["GATEWAY_PORT"]
        return Viewer(port, camera, dashboard["user"], dashboard["password"])


@contextmanager
def a_cluster(folder: Path, cameras: int) -> Iterator[ClusterWorld]:
    """Clusters that run and watch so many cameras, until the block ends."""
    names = [f"cam{n + 1}" for n in range(cameras)]
    bridge = docker.from_env().networks.get("bridge").attrs["IPAM"]["Config"][0]
    gateway = str(ip_network(bridge["Subnet"])[1])  # this machine, as containers see it
    with ExitStack() as stack:
        bank = stack.enter_context(LensBank(names, host=gateway))
        config = made(folder / "config")
        described = {name: {"url": bank.url(name), "motion": MOTION} for name in names}
        (config / "nightjar.yaml").write_text(json.dumps({"cameras": described}))
        config.chmod(0o755)
        containers = Containers(folder, config, gateway)
        stack.callback(containers.remove)
        containers.start()
        world = ClusterWorld(containers, bank)
        stack.callback(world.store.close)
        stack.enter_context(world.witness)
        world.wait_until_it_watches()
        yield world
