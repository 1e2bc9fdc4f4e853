"""Which real servers the integration tests use: containers, programs on PATH, or what we bring along.

`NIGHTJAR_TEST_BACKENDS` is `docker`, `binary` or `none`, and then anything else is an error; without it, the
first of them that there is. Nothing here starts a Docker engine.
"""

import gc
import os
import secrets
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

import docker  # type: ignore[import-untyped] # it brings no types
import pytest
from docker.errors import DockerException  # type: ignore[import-untyped] # the same

from services.runtime.broker.passwords import hash_mosquitto_password
from tests.real import MqttServer, S3Server, Server
from tests.runners import Container, Process, free_port

S = TypeVar("S", bound=Server)

CHOICE = "NIGHTJAR_TEST_BACKENDS"
MQTT_IMAGE = "eclipse-mosquitto:2"
S3_IMAGE = os.environ.get("S3_IMAGE") or "pgsty/silo:RELEASE.2026-09-03T13-18-01Z"

_ROOT = Path(__file__).parents[1]
_MOSQUITTO = """\
listener {listen}
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
persistence true
persistence_location {data}/
autosave_interval 30
max_queued_messages {queued}
max_queued_bytes 268435456
max_packet_size 16777216
"""


class BackendMissing(Exception):
    """What `NIGHTJAR_TEST_BACKENDS` asks for is not there."""


@cache
def engine() -> str | None:
    """The version of the Docker engine that answers; None where none does."""
    with warnings.catch_warnings():
        # where the engine sleeps, the library leaves its socket to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        version = _version()
        gc.collect()
    return version


def _version() -> str | None:
    try:
        client = docker.from_env(timeout=5)
        try:
            return str(client.version()["Version"])
        finally:
            client.close()
    except (DockerException, OSError):
        return None


def find(program: str) -> str | None:
    """Debian keeps servers where a user's PATH does not lead."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin")


def needed(program: str, package: str) -> str:
    """Where a program is that a test cannot do without; skips the test without it, in CI fails it."""
    if path := find(program):
        return path
    sentence = f"there is no {program}, which Debian has in its package {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


def kind_of(program: str) -> str:
    """`docker`, `binary` or `none` for the server that this program is. Raises `BackendMissing`."""
    wanted = os.environ.get(CHOICE, "")
    if wanted not in ("", "docker", "binary", "none"):
        raise BackendMissing(f"{CHOICE} is {wanted!r}; it can be docker, binary or none")
    if wanted == "docker" and not engine():
        raise BackendMissing(f"{CHOICE} is docker, but no Docker engine answers; start one")
    if wanted == "binary" and not find(program):
        raise BackendMissing(f"{CHOICE} is binary, but there is no {program} on PATH; install it")
    if wanted:
        return wanted
    if engine():
        return "docker"
    return "binary" if find(program) else "none"


def describe() -> str:
    """For the head of a test report."""
    in_docker = f"in Docker {engine()}"
    mqtt = {"docker": f"{MQTT_IMAGE} {in_docker}", "binary": find("mosquitto"), "none": "our own broker"}
    s3 = {"docker": f"{S3_IMAGE} {in_docker}", "binary": find("minio"), "none": "none, a folder instead"}
    return f"servers: MQTT is {mqtt[kind_of('mosquitto')]}; S3 is {s3[kind_of('minio')]}"


@contextmanager
def running_mqtt(
    folder: Path, user: str = "tests", acl: str = "", queued: int = 1_000_000
) -> Iterator[MqttServer]:
    """A broker, until the block ends; without an `acl` (mosquitto's) its user may do everything.

    mosquitto drops what is beyond so many messages `queued` for one client.
    """
    kind, port, password = kind_of("mosquitto"), free_port(), secrets.token_hex(8)
    passwords = f"{user}:{hash_mosquitto_password(password, secrets.token_bytes(12))}\n"
    acl = acl or f"user {user}\ntopic readwrite #\n"
    if kind == "docker":
        config = _MOSQUITTO.format(
            listen=1883, folder="/mosquitto/config", data="/mosquitto/data", queued=queued
        )
        files = {
            "/mosquitto/config/mosquitto.conf": config,
            "/mosquitto/config/passwords": passwords,
            "/mosquitto/config/acl": acl,
        }
        runner: Container | Process = Container(MQTT_IMAGE, 1883, port, files=files)
    else:
        config = _MOSQUITTO.format(listen=f"{port} 127.0.0.1", folder=folder, data=folder, queued=queued)
        (folder / "mosquitto.conf").write_text(f"{config}user root\n")  # only root changes to another user
        (folder / "passwords").write_text(passwords)
        (folder / "acl").write_text(acl)
        ours = [sys.executable, str(_ROOT / "tests" / "embedded_broker.py"), str(port)]
        theirs = [find("mosquitto") or "", "-c", "mosquitto.conf"]
        command = theirs if kind == "binary" else ours
        runner = Process(command, folder, os.environ | {"PYTHONPATH": str(_ROOT)})
    with _running(MqttServer(kind, port, runner, user, password)) as server:
        yield server


@contextmanager
def running_s3(folder: Path) -> Iterator[S3Server]:
    """An S3 server, until the block ends; the test is skipped where there is none."""
    kind, port, key, secret = kind_of("minio"), free_port(), "tests", secrets.token_hex(16)
    env = {"MINIO_ROOT_USER": key, "MINIO_ROOT_PASSWORD": secret, "MINIO_BROWSER": "off"}
    if kind == "none":
        pytest.skip("there is no S3 server: neither a Docker engine nor minio on PATH")
    if kind == "docker":
        runner: Container | Process = Container(S3_IMAGE, 9000, port, command="server /data", env=env)
    else:
        command = [find("minio") or "", "server", "--address", f"127.0.0.1:{port}", str(folder / "data")]
        runner = Process(command, folder, os.environ | env)
    with _running(S3Server(kind, port, runner, key, secret)) as server:
        yield server


@contextmanager
def _running(server: S) -> Iterator[S]:
    try:
        server.start()
        yield server
    finally:
        server.remove()
