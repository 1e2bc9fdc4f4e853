"""The real servers as tests see them: where they are, how to get in, and how to take them away."""

import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import urllib3
from minio import Minio
from minio.error import MinioException
from urllib3.exceptions import HTTPError

from tests.runners import Container, Runner

READY_S = 30.0
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"  # MQTT 3.1.1, no user, no name
_CONNACK = b"\x20"


class Server:
    """A server on this machine; after `kill` or `stop`, `start` brings it back with its data."""

    host = "127.0.0.1"

    def __init__(self, kind: str, port: int, runner: Runner) -> None:
        self.kind = kind
        self.port = port
        self._runner = runner

    def start(self) -> None:
        """Returns when it answers. Raises `RuntimeError` with its log where it does not."""
        self._runner.start()
        until = time.monotonic() + READY_S
        while not self.answers():
            if time.monotonic() > until:
                raise RuntimeError(
                    f"the {type(self).__name__} does not answer:\n{self._runner.log()[-4000:]}"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        self._runner.stop()

    def kill(self) -> None:
        self._runner.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        self._runner.remove()

    @property
    def pid(self) -> int:
        """Its process; 0 where it does not run, or cannot be seen from here."""
        return self._runner.pid

    @property
    def container(self) -> Container:
        """For what can be done to a container alone; skips the test where it is none."""
        if not isinstance(self._runner, Container):
            pytest.skip("only a container can be frozen, cut off, or robbed of its volume")
        return self._runner

    def answers(self) -> bool:
        raise NotImplementedError


class MqttServer(Server):
    """A broker with one user, who may read and write everything."""

    def __init__(self, kind: str, port: int, runner: Runner, user: str, password: str) -> None:
        super().__init__(kind, port, runner)
        self.user = user
        self.password = password

    @property
    def url(self) -> str:
        return f"mqtt://{self.host}:{self.port}"

    def answers(self) -> bool:
        """Whether it says anything to a stranger: a container's port is open before its program is."""
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as connection:
                connection.sendall(_CONNECT)
                return connection.recv(4)[:1] == _CONNACK
        except OSError:
            return False


class S3Server(Server):
    """An S3 server and its root key."""

    def __init__(self, kind: str, port: int, runner: Runner, access_key: str, secret_key: str) -> None:
        super().__init__(kind, port, runner)
        self.access_key = access_key
        self.secret_key = secret_key

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"http://{self.address}"

    def archive_url(self, bucket: str, prefix: str = "") -> str:
        return f"s3://{bucket}/{prefix}?endpoint={self.endpoint}"

    def make_bucket(self) -> str:
        """The name of a new, empty bucket."""
        name = f"test-{secrets.token_hex(6)}"
        with self.client() as client:
            client.make_bucket(name)
        return name

    @contextmanager
    def client(self) -> Iterator[Minio]:
        """A client with the root key, for what the tests do themselves."""
        with urllib3.PoolManager(retries=False, timeout=5) as pool:
            yield Minio(
                self.address,
                self.access_key,
                self.secret_key,
                secure=False,
                region="us-east-1",
                http_client=pool,
            )

    def answers(self) -> bool:
        try:
            with self.client() as client:
                client.list_buckets()
        except (MinioException, HTTPError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Archive:
    """What `open_store` needs for an empty archive."""

    url: str
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
