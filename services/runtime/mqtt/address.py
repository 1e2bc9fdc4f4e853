"""Where the broker is and who we are there."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from services.contract.settings import MqttSettings
from services.runtime.errors import UserError


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker and a login; `tls` with the system's certificates unless `ca_file` names others."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says of us, retained, when we are gone without a goodbye."""

    topic: str
    payload: bytes


def broker_address(settings: MqttSettings) -> BrokerAddress:
    """The broker that the configuration names; raises UserError where it names none."""
    if not settings.url:
        raise UserError(
            "mqtt.url is empty: write the broker's address there, such as mqtt://192.168.1.5:1883"
        )
    url = urlsplit(settings.url)
    tls = url.scheme == "mqtts"
    return BrokerAddress(
        host=url.hostname or "localhost",
        port=url.port or (8883 if tls else 1883),
        user=settings.user,
        password=settings.password.get_secret_value(),
        tls=tls,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
    )
