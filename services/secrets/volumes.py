"""Which container sees which secret: each has a volume of its own, and nothing else is in it."""

from collections.abc import Iterator
from pathlib import Path

from services.runtime.access import SERVICES, acl_text
from services.secrets.keyring import Secrets
from services.secrets.mosquitto import password_file
from services.secrets.vault import publish


def hand_out(keyring: Secrets, root: Path, prefix: str) -> None:
    """Writes `<root>/<service>/<file>` for all of them; what is there already is replaced by the same."""
    for place, text in _copies(keyring, prefix):
        publish((root / place).parent, Path(place).name, text)


def _copies(keyring: Secrets, prefix: str) -> Iterator[tuple[str, str]]:
    yield "mqtt/acl", acl_text(prefix)
    yield "mqtt/passwords", password_file(keyring)
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
