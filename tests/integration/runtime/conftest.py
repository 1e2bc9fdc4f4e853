"""Both kinds of broker, and links that come back at once."""

import itertools
from collections.abc import Iterator
from functools import partial

import pytest

from services.runtime.backoff import Backoff
from services.runtime.mqtt import BrokerAddress, link
from tests import backends
from tests.real import MqttServer

_names = itertools.count(1)


@pytest.fixture(scope="session")
def our_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MqttServer]:
    """The embedded broker, as a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(backends.CHOICE, "none")
        started = backends.running_mqtt(tmp_path_factory.mktemp("ours"))
        server = started.__enter__()
    try:
        yield server
    finally:
        started.__exit__(None, None, None)


@pytest.fixture(params=["mosquitto", "ours"])
def server(request: pytest.FixtureRequest) -> MqttServer:
    if request.param == "mosquitto" and backends.kind_of("mosquitto") == "none":
        pytest.skip("there is no mosquitto: neither a Docker engine nor the program on PATH")
    name = "mqtt_server" if request.param == "mosquitto" else "our_server"
    found: MqttServer = request.getfixturevalue(name)
    return found


@pytest.fixture
def broker(server: MqttServer) -> BrokerAddress:
    return address(server, server.port)


def address(server: MqttServer, port: int) -> BrokerAddress:
    """The server, perhaps behind another port."""
    return BrokerAddress(server.host, port, server.user, server.password)


@pytest.fixture
def name() -> str:
    """Nobody else uses topics or client ids that begin so."""
    return f"t{next(_names)}"


@pytest.fixture(autouse=True)
def _links_come_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "Backoff", partial(Backoff, 0.05))
    monkeypatch.setattr(link, "RETRY_CAP_S", 0.2)
