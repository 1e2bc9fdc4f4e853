"""The servers that the other tests stand on are real: they ask for a password and keep their data."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from services.store import open_store
from tests import backends
from tests.real import Archive, MqttServer

TOPIC = "backends/retained"
WAIT_S = 10


@contextmanager
def connected(server: MqttServer, password: str) -> Iterator[tuple[Client, str]]:
    """A client, and how the broker greeted it."""
    greeted = threading.Event()
    greeting: list[str] = []

    def on_connect(
        _: Client, __: object, ___: ConnectFlags, reason: ReasonCode, ____: Properties | None
    ) -> None:
        greeting.append(str(reason))
        greeted.set()

    client = Client(CallbackAPIVersion.VERSION2, client_id="backends")
    client.username_pw_set(server.user, password)
    client.on_connect = on_connect
    client.connect(server.host, server.port)
    client.loop_start()
    assert greeted.wait(WAIT_S)
    yield client, greeting[0]
    client.disconnect()
    client.loop_stop()


def retained(server: MqttServer) -> bytes:
    came = threading.Event()
    messages: list[bytes] = []

    def on_message(_: Client, __: object, message: MQTTMessage) -> None:
        messages.append(bytes(message.payload))
        came.set()

    with connected(server, server.password) as (client, _):
        client.on_message = on_message
        client.subscribe(TOPIC)
        assert came.wait(WAIT_S)
    return messages[0]


def test_a_wrong_password_does_not_get_in(mqtt_server: MqttServer) -> None:
    with connected(mqtt_server, "wrong") as (_, greeting):
        assert greeting == "Not authorized"


def test_a_broker_that_is_restarted_has_its_retained_messages(mqtt_server: MqttServer) -> None:
    with connected(mqtt_server, mqtt_server.password) as (client, greeting):
        assert greeting == "Success"
        client.publish(TOPIC, b"still here", qos=1, retain=True).wait_for_publish(WAIT_S)
    mqtt_server.restart()
    assert retained(mqtt_server) == b"still here"


def test_a_broker_that_was_killed_answers_again_on_its_port(mqtt_server: MqttServer) -> None:
    mqtt_server.kill()
    assert not mqtt_server.answers()
    mqtt_server.start()
    assert mqtt_server.answers()


def test_the_archive_is_a_store_that_takes_objects(archive: Archive) -> None:
    store = open_store(archive.url, archive.access_key, archive.secret_key)
    store.prepare()
    store.put("a", b"x")
    assert [found.key for found in store.list()] == ["a"]
    store.close()


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ("podman", "NIGHTJAR_TEST_BACKENDS is 'podman'; it can be docker, binary or none"),
        ("docker", "NIGHTJAR_TEST_BACKENDS is docker, but no Docker engine answers; start one"),
        ("binary", "NIGHTJAR_TEST_BACKENDS is binary, but there is no mosquitto on PATH; install it"),
    ],
)
def test_what_is_asked_for_and_not_there_is_an_error(
    choice: str, sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(backends.CHOICE, choice)
    monkeypatch.setattr(backends, "engine", lambda: None)
    monkeypatch.setattr(backends, "find", lambda _: None)
    with pytest.raises(backends.BackendMissing) as caught, backends.running_mqtt(tmp_path):
        pass
    assert str(caught.value) == sentence
