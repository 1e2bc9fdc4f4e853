"""The brokers that the behaviour tests run against: ours, mosquitto, RabbitMQ, with the same two users.

`u` may do everything; `part` may read below `open/` and write below `in/`. Both have the password `p`.
"""

import base64
import hashlib
import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from services.runtime.broker import Broker, hash_mosquitto_password, read_users
from tests import backends
from tests.integration.broker.clients import Raw
from tests.real import MqttServer
from tests.runners import Container, Process, free_port
from tests.unit.runtime.broker import client_packets as packets

MAX_PACKET = 1 << 20
MAX_QUEUE = 4 << 20
MAX_UNSENT = 1 << 20
WINDOW = 20
RABBITMQ_IMAGE = os.environ.get("RABBITMQ_IMAGE") or "rabbitmq:4-management"

ACL = "user u\ntopic readwrite #\nuser part\ntopic read open/#\ntopic write in/#\n"

# Not `max_queued_messages 0`: with it mosquitto 2.0.21 closes the connection of whoever publishes what its
# ACL denies ("Quota exceeded").
_MOSQUITTO = """\
listener {listen}
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
persistence true
persistence_location {data}/
max_inflight_messages {window}
max_queued_messages 1000000
max_queued_bytes {queue}
max_packet_size {packet}
set_tcp_nodelay true
"""
_RABBITMQ = """\
mqtt.allow_anonymous = false
mqtt.prefetch = {window}
mqtt.max_packet_size_authenticated = {packet}
load_definitions = /etc/rabbitmq/definitions.json
"""

# What RabbitMQ is known not to do, and why.
RABBITMQ_GAPS = {
    "qos 2": "RabbitMQ's MQTT plugin has no QoS 2",
    "topics checked": "RabbitMQ takes any bytes for the topic of a PUBLISH",
    "retained by wildcard": "RabbitMQ looks retained messages up by their exact topic only",
    "acl on delivery": "RabbitMQ compares topic permissions with the filter that is subscribed to, not later",
}
MOSQUITTO_GAPS = {
    "acl on subscribe": "mosquitto's ACL file grants every subscription, and is asked at delivery only",
}


class Server(Protocol):
    """A broker on 127.0.0.1 that can be restarted with its data kept."""

    @property
    def port(self) -> int: ...

    def restart(self) -> None: ...


class Embedded:
    """Our broker in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stop = threading.Event()
        self.port = 0

    def start(self) -> None:
        self._stop = threading.Event()
        self.broker = Broker(
            ("127.0.0.1", self.port),
            read_users(passwords(), ACL),
            self._folder / "state",
            max_packet_bytes=MAX_PACKET,
            max_queue_bytes=MAX_QUEUE,
            max_unsent_bytes=MAX_UNSENT,
            window=WINDOW,
        )
        self._thread = threading.Thread(target=self.broker.run, args=(self._stop,), name="broker")
        self._thread.start()
        assert self.broker.wait_ready(5)
        self.port = self.broker.port

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def restart(self) -> None:
        self.stop()
        self.start()


class Theirs(MqttServer):
    """A broker of others; one that makes strangers wait is ready when it lets its own user in."""

    def answers(self) -> bool:
        try:
            with Raw(self.port) as client:
                client.send(packets.connect("ready?", user=self.user, password=self.password))
                answer = client.packet(timeout_s=1)
        except OSError:
            return False
        return answer is not None and answer.body[1] == 0


class KnownServer:
    """A broker and what it is known to do differently: the gap's name to its reason."""

    def __init__(self, name: str, server: Server, gaps: Mapping[str, str]) -> None:
        self.name = name
        self.gaps = gaps
        self._server = server

    @property
    def port(self) -> int:
        return self._server.port

    def restart(self) -> None:
        self._server.restart()


@contextmanager
def running(name: str, folder: Path) -> Iterator[KnownServer]:
    """`embedded`, `mosquitto` or `rabbitmq`, until the block ends; skips where it is not to be had."""
    if name == "embedded":
        ours = Embedded(folder)
        ours.start()
        try:
            yield KnownServer(name, ours, {})
        finally:
            ours.stop()
        return
    theirs = _mosquitto(folder) if name == "mosquitto" else _rabbitmq()
    try:
        theirs.start()
        yield KnownServer(name, theirs, MOSQUITTO_GAPS if name == "mosquitto" else RABBITMQ_GAPS)
    finally:
        theirs.remove()


def _mosquitto(folder: Path) -> Theirs:
    kind, port = backends.kind_of("mosquitto"), free_port()
    bounds = {"window": WINDOW, "queue": MAX_QUEUE, "packet": MAX_PACKET}
    if kind == "none":
        pytest.skip("there is no mosquitto: neither a Docker engine nor the program on PATH")
    if kind == "docker":
        config = _MOSQUITTO.format(listen=1883, folder="/mosquitto/config", data="/mosquitto/data", **bounds)
        texts = {"mosquitto.conf": config, "passwords": passwords(), "acl": ACL}
        files = {f"/mosquitto/config/{file}": text for file, text in texts.items()}
        runner: Container | Process = Container(backends.MQTT_IMAGE, 1883, port, files=files)
    else:
        config = _MOSQUITTO.format(listen=f"{port} 127.0.0.1", folder=folder, data=folder, **bounds)
        (folder / "mosquitto.conf").write_text(f"{config}user root\n")  # only root changes to another user
        (folder / "passwords").write_text(passwords())
        (folder / "acl").write_text(ACL)
        command = [backends.find("mosquitto") or "", "-c", "mosquitto.conf"]
        runner = Process(command, folder, os.environ)
    return Theirs(kind, port, runner, "u", "p")


def _rabbitmq() -> Theirs:
    if not backends.engine() or backends.kind_of("mosquitto") != "docker":
        pytest.skip("RabbitMQ runs in Docker only, and there is no engine or it is not wanted")
    files = {
        "/etc/rabbitmq/enabled_plugins": "[rabbitmq_mqtt].\n",
        "/etc/rabbitmq/rabbitmq.conf": _RABBITMQ.format(window=WINDOW, packet=MAX_PACKET),
        "/etc/rabbitmq/definitions.json": json.dumps(_definitions()),
    }
    port = free_port()
    return Theirs("docker", port, Container(RABBITMQ_IMAGE, 1883, port, files=files), "u", "p")


def _definitions() -> dict[str, object]:
    salt = secrets.token_bytes(4)
    hashed = base64.b64encode(salt + hashlib.sha256(salt + b"p").digest()).decode()
    users = ("u", "part")
    sha256 = {"hashing_algorithm": "rabbit_password_hashing_sha256"}
    everything = {"vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
    part = {"exchange": "amq.topic", "vhost": "/", "write": r"^in\..*", "read": r"^open\..*"}
    return {
        "vhosts": [{"name": "/"}],
        "users": [{"name": user, "password_hash": hashed, "tags": "", **sha256} for user in users],
        "permissions": [{"user": user, **everything} for user in users],
        "topic_permissions": [{"user": "part", **part}],
    }


def passwords() -> str:
    """The two users as a mosquitto password file."""
    return "".join(
        f"{user}:{hash_mosquitto_password('p', secrets.token_bytes(12))}\n" for user in ("u", "part")
    )
