"""Back-up and return of a composed system, whose volumes the secrets container sees."""

import socket
import sys
from pathlib import Path

from services.runtime.access import SERVICES
from services.runtime.bundle import PARTS, gather, put_back
from services.runtime.bundle_files import brought_back, read_bundle, write_bundle
from services.runtime.errors import UserError

CONFIG = Path("/config")
HEALTH_PORT = 8090


def folders(root: Path) -> dict[str, Path]:
    """Part of a back-up to the volume that has it."""
    return {"vault": root / "vault"} | {service: root / "state" / service for service in SERVICES}


def backup(root: Path, config: Path = CONFIG) -> None:
    """To the output. Raises UserError before the first start."""
    bundle = gather(folders(root))
    if "vault" not in bundle.files:
        raise UserError("there are no secrets yet: run `docker compose up` once, which makes them")
    for name in PARTS["config"]:
        try:
            bundle.files.setdefault("config", {})[name] = (config / name).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            print(f"{name} is not in it: {(error.strerror or '').lower()}", file=sys.stderr)
    write_bundle(bundle, "-")


def restore(root: Path) -> None:
    """From the input, while nothing runs. Raises UserError."""
    if running := [service for service in SERVICES if _answers(service)]:
        raise UserError(f"{', '.join(running)} would undo it: docker compose stop, and then again")
    bundle = read_bundle("-")
    put_back(bundle, folders(root))
    print(brought_back(bundle), file=sys.stderr)
    if names := sorted(bundle.files.get("config", {})):
        print(f"also in it, and for you to put in their place: {', '.join(names)}", file=sys.stderr)
    print("now: docker compose up -d", file=sys.stderr)


def _answers(service: str) -> bool:
    try:
        socket.create_connection((service, HEALTH_PORT), 1).close()
    except OSError:
        return False
    return True
