"""Several gateways in processes of their own on one port, for machines with more cores.

They are replicas that share nothing but their port, among which the kernel deals out connections.
"""

import logging
import multiprocessing
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from pydantic import SecretStr

from services.contract.message import Message
from services.contract.partition import Partition
from services.contract.settings import Settings, split_address
from services.gateway.pictures.account import GatewayStats
from services.gateway.service import GatewayService
from services.runtime import logs
from services.runtime.mqtt import BrokerAddress
from services.runtime.run import Crew

log = logging.getLogger(__name__)

REPORT_S = 1.0
GOODBYE_S = 10.0

_SPAWN = multiprocessing.get_context("spawn")


class Gateway(Protocol):
    """What a gateway is, in one process or in several."""

    name: str

    @property
    def port(self) -> int: ...

    def run(self, stop: threading.Event) -> None: ...

    def problems(self) -> list[str]: ...

    def account(self) -> Mapping[str, Message]: ...

    def reconfigure(self, settings: Settings) -> None: ...

    def complain(self, problem: str) -> None: ...


def open_gateway(settings: Settings, broker: BrokerAddress) -> Gateway:
    """One, or as many as `gateway.workers` says."""
    if settings.gateway.workers == 1:
        return GatewayService(settings, broker)
    return Workers(settings, broker)


class Workers:
    """The first of them lives in this process, and its port is that of all. One that dies ends them all."""

    name = "gateway"

    def __init__(self, settings: Settings, broker: BrokerAddress) -> None:
        self._settings = settings = _with_one_key(settings)
        self._broker = broker
        self._first = GatewayService(_of_worker(settings, 1), broker)
        self._others: dict[Connection, _Worker] = {}

    @property
    def port(self) -> int:
        """Where all of them listen, once they do; else 0."""
        return self._first.port if self._others and not self._missing() else 0

    def run(self, stop: threading.Event) -> None:
        """Raises what the first raises, and RuntimeError where another has died."""
        crew = Crew(threading.Event())
        crew.start("gateway-1", self._first.run)
        try:
            while not self._first.port and not crew.stop.wait(0.01):
                if stop.is_set():
                    return
            if self._first.port:
                self._start_others()
            while not crew.stop.is_set() and not stop.is_set():
                self._hear()
        finally:
            for worker in self._others.values():
                worker.begin_to_stop()
            for worker in self._others.values():
                worker.wait()
            self._others.clear()
            crew.stop.set()
            crew.wait()

    def problems(self) -> list[str]:
        reported = [problem for worker in self._others.values() for problem in worker.problems]
        missing = ["not all workers of the dashboard run yet"] if self._missing() else []
        return list(dict.fromkeys([*self._first.problems(), *missing, *reported]))

    def account(self) -> Mapping[str, Message]:
        """All of them together."""
        sums: dict[str, Counter[str]] = {}
        for account in (self._first.account(), *(worker.account for worker in self._others.values())):
            for camera, stats in account.items():
                sums.setdefault(camera, Counter()).update(stats.model_dump())
        return {camera: GatewayStats.model_validate(dict(total)) for camera, total in sums.items()}

    def reconfigure(self, settings: Settings) -> None:
        self._settings = _with_one_key(settings)
        self._first.reconfigure(settings)
        for worker in self._others.values():
            worker.tell("reconfigure", _as_data(settings))

    def complain(self, problem: str) -> None:
        self._first.complain(problem)
        for worker in self._others.values():
            worker.tell("complain", problem)

    def _start_others(self) -> None:
        for number in range(2, self._settings.gateway.workers + 1):
            worker = _Worker(_as_data(_of_worker(self._settings, number, self._first.port)), self._broker)
            self._others[worker.pipe] = worker
        log.info("%d processes serve the dashboard", self._settings.gateway.workers)

    def _hear(self) -> None:
        """What the others report, for a moment."""
        for pipe in wait(list(self._others), REPORT_S / 2):
            assert isinstance(pipe, Connection)
            if not self._others[pipe].hear():
                raise RuntimeError("a worker of the gateway has died; its log says why")

    def _missing(self) -> bool:
        return not all(worker.reported for worker in self._others.values()) or not self._others


class _Worker:
    """A gateway in another process, and what it reported last."""

    def __init__(self, settings: dict[str, Any], broker: BrokerAddress) -> None:
        self.problems: list[str] = []
        self.account: Mapping[str, Message] = {}
        self.reported = False
        self.pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(theirs, settings, broker), daemon=True)
        self._process.start()
        theirs.close()

    def hear(self) -> bool:
        """Takes a report; False where there will be none any more."""
        try:
            self.problems, self.account = self.pipe.recv()
        except (EOFError, OSError):
            return False
        self.reported = True
        return True

    def tell(self, *words: object) -> None:
        try:
            self.pipe.send(words)
        except OSError:  # it has died, which is heard in a moment
            return

    def begin_to_stop(self) -> None:
        self.pipe.close()

    def wait(self) -> None:
        self._process.join(GOODBYE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _with_one_key(settings: Settings) -> Settings:
    """Where no key is configured, all of them sign logins with the same one nevertheless."""
    if settings.gateway.session_key.get_secret_value():
        return settings
    key = SecretStr(secrets.token_urlsafe(32))
    gateway = settings.gateway.model_copy(update={"session_key": key})
    return settings.model_copy(update={"gateway": gateway})


def _of_worker(settings: Settings, number: int, port: int | None = None) -> Settings:
    """The settings of one of them: a replica with a number of its own."""
    ours, workers = settings.replica, settings.gateway.workers
    slot = Partition((ours.slot - 1) * workers + number, ours.count * workers)
    host, given = split_address(settings.gateway.listen)
    host = f"[{host}]" if ":" in host else host
    gateway = settings.gateway.model_copy(update={"listen": f"{host}:{port or given}"})
    return settings.model_copy(update={"gateway": gateway, "partition": str(slot)})


def _as_data(settings: Settings) -> dict[str, Any]:
    """As it can be sent to another process."""
    return settings.model_dump()


def _work(pipe: Connection, data: dict[str, Any], broker: BrokerAddress) -> None:
    """In a process of its own: lives until the other end of the pipe is closed, or gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first, which ends us
    settings = Settings.model_validate(data)
    logs.set_up(settings.log)
    service, stop = GatewayService(settings, broker), threading.Event()

    def obey() -> None:
        try:
            while True:
                word, what = pipe.recv()
                if word == "reconfigure":
                    service.reconfigure(Settings.model_validate(what))
                else:
                    service.complain(what)
        except (EOFError, OSError):
            stop.set()

    def report() -> None:
        while not stop.is_set():
            if service.port:
                pipe.send((service.problems(), service.account()))
            time.sleep(REPORT_S)

    threading.Thread(target=obey, name="gateway-orders", daemon=True).start()
    crew = Crew(stop)
    crew.start("gateway", service.run)
    crew.start("gateway-report", lambda _stop: _until_closed(report))
    crew.wait()


def _until_closed(report: Any) -> None:
    try:
        report()
    except OSError:
        return
