"""Which container sees which secret: each has a volume of its own, and nothing else is in it."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from services.runtime.access import SERVICES, acl_text
from services.secrets.keyring import Secrets
from services.secrets.mosquitto import password_file
from services.secrets.rabbitmq import definitions_file
from services.secrets.vault import publish


def hand_out(keyring: Secrets, root: Path, prefix: str, *, rabbitmq: bool = False) -> None:
    """Writes `<root>/<service>/<file>` for all of them; what is there already is replaced by the same.

    The broker is mosquitto, or a cluster of RabbitMQ.
    """
    broker = _for_rabbitmq(keyring, prefix) if rabbitmq else _for_mosquitto(keyring, prefix)
    for place, text in chain(broker, _copies(keyring)):
        publish((root / place).parent, Path(place).name, text)


def _for_mosquitto(keyring: Secrets, prefix: str) -> Iterator[tuple[str, str]]:
    yield "mqtt/acl", acl_text(prefix)
    yield "mqtt/passwords", password_file(keyring)


def _for_rabbitmq(keyring: Secrets, prefix: str) -> Iterator[tuple[str, str]]:
    yield "mqtt/definitions.json", definitions_file(keyring, prefix)
    yield "mqtt/erlang_cookie", keyring.erlang_cookie


def _copies(keyring: Secrets) -> Iterator[tuple[str, str]]:
    root = keyring.s3_key("root")
    yield "s3/root_user", root.access
    yield "s3/root_password", root.secret
    for service in SERVICES:
        yield f"{service}/mqtt_password", keyring.mqtt_password(service)
    for service in ("archiver", "gateway"):
        key = keyring.s3_key(service)
        yield f"{service}/s3_access_key", key.access
        yield f"{service}/s3_secret_key", key.secret
    yield "gateway/admin_password_hash", keyring.admin_hash
    yield "gateway/session_key", keyring.session_key
