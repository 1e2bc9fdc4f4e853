"""The secrets of a composed system: made on its first start, handed out, and shown as seen from the host."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.contract.archive_url import S3Place, parse_archive_url
from services.runtime.errors import UserError
from services.secrets.bucket import RIGHTS, prepare_patiently
from services.secrets.keyring import Secrets
from services.secrets.logins import Archive, Login, Logins, archive_login, s3_url
from services.secrets.vault import Vault
from services.secrets.volumes import hand_out

log = logging.getLogger(__name__)

S3_PATIENCE_S = 120
SEEN_PATIENCE_S = 15
_READ_USERS = {
    False: "kill -s HUP mqtt",
    True: "exec mqtt-1 rabbitmqctl import_definitions /run/secrets/definitions.json",
}
_PROBES = 3  # Compose looks twice a second, a probe comes once a second: by the third it has seen the second


@dataclass(frozen=True, slots=True)
class Composed:
    """What the container is told about the system that it is part of; URLs as seen from the host."""

    prefix: str
    archive: str  # as seen from the services; empty: S3 is somebody else's
    admin: str
    dashboard_url: str
    mqtt_url: str
    s3_url: str
    console_url: str
    rabbitmq: bool = False

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Composed":
        return cls(
            environ.get("NIGHTJAR_MQTT__PREFIX", "nightjar"),
            environ.get("NIGHTJAR_ARCHIVE__URL", ""),
            environ.get("NIGHTJAR_GATEWAY__USER", "admin"),
            environ.get("DASHBOARD_URL", "http://localhost:8080"),
            environ.get("MQTT_URL", "mqtt://localhost:1883"),
            environ.get("S3_URL", "http://localhost:9000"),
            environ.get("S3_CONSOLE_URL", "http://localhost:9001"),
            rabbitmq=environ.get("MQTT_BROKER") == "rabbitmq",
        )

    def place(self) -> S3Place | None:
        """The bucket that is ours to prepare. Raises UserError where the URL names none."""
        if not self.archive:
            return None
        try:
            place = parse_archive_url(self.archive)
        except ValueError as error:
            raise UserError(str(error)) from None
        if not isinstance(place, S3Place):
            raise UserError("archive.url must name a bucket here, or be empty where S3 is not ours")
        return place


def make(system: Composed, root: Path, run: Path, stop: threading.Event) -> None:
    """Both phases: files for every container, then the bucket and its users as soon as S3 answers.

    `run` is a folder that ends with the container: `written` there says that the first phase is done, and the
    health check leaves a line in `probed`.
    """
    place = system.place()
    keyring = Secrets(Vault(root / "vault"))
    hand_out(keyring, root, system.prefix, rabbitmq=system.rabbitmq)
    (run / "written").touch()
    log.info("every service has its secrets; `docker compose run --rm secrets show` shows the logins")
    _prepare(place, keyring, stop)
    _wait_until_seen(run / "probed", stop)


def renew_and_hand_out(system: Composed, root: Path, names: list[str], stop: threading.Event) -> None:
    """Makes these of the keyring's `RENEWABLE` anew, where every service finds them, and tells the S3 server.

    Raises UserError before the first start.
    """
    place = system.place()
    keyring = Secrets(Vault(root / "vault"))
    keyring.must_exist("run `docker compose up` once, which makes them")
    if place is None and (theirs := [name for name in names if name.startswith("s3-")]):
        raise UserError(f"{', '.join(theirs)}: S3 is not ours here; renew its keys where they were made")
    for name in names:
        keyring.renew(name)
    hand_out(keyring, root, system.prefix, rabbitmq=system.rabbitmq)
    log.info("renewed and handed out: %s", ", ".join(names))
    if any(name.startswith("mqtt-") for name in names):
        log.info("now let the broker read its users again: docker compose %s", _READ_USERS[system.rabbitmq])
    if "s3-root" in names:
        log.info("now restart the S3 server, which then has the new root key: docker compose restart s3")
    else:
        _prepare(place, keyring, stop)


def _prepare(place: S3Place | None, keyring: Secrets, stop: threading.Event) -> None:
    if place:
        users = {user: keyring.s3_key(user) for user in RIGHTS}
        prepare_patiently(place, keyring.s3_key("root"), users, stop, S3_PATIENCE_S)


def logins(system: Composed, root: Path) -> Logins:
    """Raises UserError before the first start."""
    keyring = Secrets(Vault(root / "vault"))
    keyring.must_exist("run `docker compose up` once, which makes them, and ask again")
    place = system.place()
    return Logins(
        Login(system.dashboard_url, system.admin, keyring.admin_password),
        Login(system.mqtt_url, "nightjar", keyring.mqtt_password("nightjar")),
        archive_login(s3_url(place.bucket, system.s3_url), keyring.s3_key("nightjar"), system.console_url)
        if place
        else Archive(None),
    )


def _wait_until_seen(probed: Path, stop: threading.Event) -> None:
    """Compose starts what waits for our health only if it sees it before we end."""
    deadline = time.monotonic() + SEEN_PATIENCE_S
    while time.monotonic() < deadline and not stop.wait(0.1):
        if probed.exists() and len(probed.read_text().splitlines()) >= _PROBES:
            return
