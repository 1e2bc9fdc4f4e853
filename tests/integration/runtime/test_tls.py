"""Over TLS a broker is believed only if its certificate is, and believes us by ours."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from services.runtime.mqtt import BrokerAddress, Link
from tests import backends
from tests.integration.runtime.links import Inbox, eventually, running
from tests.real import MqttServer
from tests.servers.wire import Wire

# paho leaves the socket of a failed handshake to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]


class Authority:
    """A certificate authority in a folder, and what it has signed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._openssl("req", "-x509", *EC, "-subj", "/CN=ours", "-keyout", "ca.key", "-out", "ca.pem")
        self.ca = folder / "ca.pem"

    def sign(self, name: str, alternative: str) -> tuple[Path, Path]:
        """A certificate and its key."""
        self._openssl("req", *EC, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (self._folder / "ext").write_text(f"subjectAltName={alternative}\n")
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext"]
        self._openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.pem")
        return self._folder / f"{name}.pem", self._folder / f"{name}.key"

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self._folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if not backends.find("openssl"):
        pytest.skip("there is no openssl on PATH to make certificates with")
    return Authority(tmp_path_factory.mktemp("certificates"))


@contextmanager
def behind_tls(
    server: MqttServer, authority: Authority, *, host: str = "IP:127.0.0.1", asks: bool = False
) -> Iterator[BrokerAddress]:
    """The server as it is with TLS; `asks` for a certificate of ours."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.sign("server", host))
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.ca)
    with Wire(server.port, tls=context) as wire:
        yield BrokerAddress(
            "127.0.0.1", wire.port, server.user, server.password, tls=True, ca_file=authority.ca
        )


def test_a_broker_with_a_certificate_of_our_own_authority(
    server: MqttServer, authority: Authority, name: str
) -> None:
    inbox = Inbox()
    with behind_tls(server, authority) as broker:
        link = Link(broker, name)
        link.subscribe(f"{name}/x", inbox)
        with running(link):
            for n in range(20):
                link.send(f"{name}/x", bytes([n]) * 100_000)
            inbox.wait_for(20)
    assert inbox.payloads == [bytes([n]) * 100_000 for n in range(20)]


def test_a_broker_that_asks_for_our_certificate_gets_it(
    server: MqttServer, authority: Authority, name: str
) -> None:
    cert, key = authority.sign("client", "DNS:client")
    with (
        behind_tls(server, authority, asks=True) as broker,
        running(Link(replace(broker, cert_file=cert, key_file=key), name)) as alive,
    ):
        alive.link.send(f"{name}/x", b"x")
        eventually(lambda: not len(alive.link.outbox))


def test_a_broker_that_asks_in_vain_is_said(server: MqttServer, authority: Authority, name: str) -> None:
    with behind_tls(server, authority, asks=True) as broker:
        link = Link(broker, name)
        with running(link, connected=False):
            eventually(
                lambda: (
                    link.problem
                    == f"the broker {broker} closed the connection without an answer; does it ask for a "
                    "certificate (mqtt.cert_file)?"
                )
            )


@pytest.mark.parametrize(
    ("host", "ours", "why"),
    [
        ("IP:127.0.0.1", False, "unable to get local issuer certificate"),
        ("DNS:elsewhere", True, "IP address mismatch, certificate is not valid for '127.0.0.1'."),
    ],
)
def test_a_broker_that_is_not_believed_is_said(
    our_server: MqttServer, authority: Authority, host: str, ours: bool, why: str
) -> None:
    with behind_tls(our_server, authority, host=host) as broker:
        link = Link(broker if ours else replace(broker, ca_file=None), "x")
        begin = f"the broker {broker} cannot be reached: its certificate is not trusted ("
        with running(link, connected=False):
            eventually(lambda: link.problem == f"{begin}{why}); mqtt.ca_file names others")


def test_a_port_without_tls_is_said(server: MqttServer, name: str) -> None:
    link = Link(BrokerAddress("127.0.0.1", server.port, tls=True), name)
    with running(link, connected=False):
        eventually(lambda: link.problem.startswith(f"the broker {link.broker} cannot be reached: "))


def test_a_broker_that_never_shakes_hands_holds_nobody_up(server: MqttServer, name: str) -> None:
    with Wire(server.port) as wire:
        wire.freeze()
        link = Link(BrokerAddress("127.0.0.1", wire.port, tls=True), name)
        with running(link, connected=False) as alive:
            eventually(lambda: wire.connections)
            assert alive.stop() < 1.5
    eventually(lambda: not [thread for thread in threading.enumerate() if thread.name == "mqtt-dial"])
