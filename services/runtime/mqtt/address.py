"""Where the broker is and who we are there."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from services.contract.settings import MqttSettings, Settings, broker_urls
from services.runtime.errors import UserError


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker and a login; `tls` with the system's certificates unless `ca_file` names others.

    `others` are more nodes of the same cluster, `(host, port)` each: the next one is tried where one is gone.
    Retained state is said again every `repeat_state_s` seconds, where that is not 0. `read_password` says
    what the password is by now, where somebody may renew it while we run; it may raise UserError.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    others: tuple[tuple[str, int], ...] = ()
    repeat_state_s: float = 0
    read_password: Callable[[], str] | None = field(default=None, repr=False, compare=False)

    def nodes(self) -> Iterator["BrokerAddress"]:
        """Each of them alone, in the order in which they are tried."""
        for host, port in ((self.host, self.port), *self.others):
            yield replace(self, host=host, port=port, others=())

    def renewed(self) -> "BrokerAddress":
        """With the password as it is by now; itself where that is the same, or cannot be read."""
        try:
            password = self.read_password() if self.read_password else self.password
        except UserError:  # somebody is writing it
            return self
        return self if password == self.password else replace(self, password=password)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"

    @property
    def asks_for_ours(self) -> bool:
        """Whether it may miss a certificate of ours: with TLS 1.3 it only closes the connection then."""
        return self.tls and self.cert_file is None


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says of us, retained, when we are gone without a goodbye."""

    topic: str
    payload: bytes


def broker_address(settings: MqttSettings, read_password: Callable[[], str] | None = None) -> BrokerAddress:
    """The broker that the configuration names. Raises UserError where it, or a certificate, is missing."""
    if not settings.url:
        raise UserError(
            "mqtt.url is empty: write the broker's address there, such as mqtt://192.168.1.5:1883"
        )
    urls = [urlsplit(url) for url in broker_urls(settings.url)]
    tls = urls[0].scheme == "mqtts"
    nodes = [(url.hostname or "localhost", url.port or (8883 if tls else 1883)) for url in urls]
    address = BrokerAddress(
        *nodes[0],
        others=tuple(nodes[1:]),
        user=settings.user,
        password=settings.password.get_secret_value(),
        tls=tls,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        repeat_state_s=settings.repeat_state,
        read_password=read_password,
    )
    if tls:
        _check_files(address)
    return address


def renewable_address(settings: Settings) -> BrokerAddress:
    """The same, whose password is read again where the settings were read, when it is refused."""
    return broker_address(settings.mqtt, partial(_password_now, settings))


def _password_now(settings: Settings) -> str:
    return settings.again().mqtt.password.get_secret_value()


def tls_context(broker: BrokerAddress) -> ssl.SSLContext:
    """Made anew for each connection, so that renewed certificates are taken up. Raises OSError."""
    context = ssl.create_default_context(cafile=str(broker.ca_file) if broker.ca_file else None)
    if broker.cert_file:
        # Nobody is there to type a passphrase: an empty one makes an encrypted key an error.
        context.load_cert_chain(broker.cert_file, broker.key_file, password="")
    return context


def _check_files(broker: BrokerAddress) -> None:
    files = {"ca_file": broker.ca_file, "cert_file": broker.cert_file, "key_file": broker.key_file}
    for name, path in files.items():
        try:
            if path:
                path.read_bytes()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UserError(f"mqtt.{name} names {path}, which cannot be read: {reason}") from None
    try:
        tls_context(broker)
    except OSError:
        named = ", ".join(f"mqtt.{name}" for name, path in files.items() if path)
        raise UserError(
            f"{named}: no certificates in PEM that fit together; a key must have no passphrase"
        ) from None
