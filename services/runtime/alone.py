"""One service in a process of its own: `python -m services.capture --config nightjar.yaml`."""

import argparse
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from services.contract.message import Message
from services.contract.settings import Settings
from services.runtime import VERSION, config, logs, metrics
from services.runtime.health import HealthServer
from services.runtime.mqtt import BrokerAddress, renewable_address
from services.runtime.reload import Reconfigured, Reload
from services.runtime.run import Background, Service, ends, run_services


class Accountable(Service, Reconfigured, Protocol):
    """A service that can say, per camera, what it has done."""

    def account(self) -> Mapping[str, Message]: ...


Maker = Callable[[Settings, BrokerAddress], Accountable]


def run_alone(name: str, make: Maker, also: Iterable[Background] = ()) -> int:
    """Reads command line and environment, runs the service until a signal, returns the exit status.

    What is `also` to be done has a name and a thread of its own.
    """

    def main() -> int:
        arguments = _parser(name).parse_args()
        settings = config.load(arguments.config, os.environ)
        logs.set_up(settings.log)
        service = make(settings, renewable_address(settings))
        replica = metrics.Replica(settings.replica, service.problems)
        health = HealthServer(
            settings.health.listen,
            service.problems,
            metrics.process_registry({name: service.account}, {name: replica}),
        )
        health.open()
        reload = Reload(
            arguments.config, settings.again, settings, [service], config.secret_files(os.environ)
        )
        run_services([service], also=[("health", health.run), ("configuration", reload.run), *also])
        return 0

    return ends(main)


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"nightjar-{name}", description=f"Nightjar's {name} service.")
    default = Path(os.environ.get("NIGHTJAR_CONFIG", "nightjar.yaml"))
    parser.add_argument("--config", type=Path, default=default, help="default: %(default)s")
    parser.add_argument("--version", action="version", version=f"nightjar {VERSION}")
    return parser
