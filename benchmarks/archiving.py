"""What the archiver's benchmarks stand on: frames in a session, a real S3 server, and processes apart."""

import io
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import urllib3
from minio import Minio
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from benchmarks.stage import Usage, resident
from services.archiver.opening import open_archiver
from services.archiver.service import ArchiverService
from services.contract.frame import FrameId, stamp
from services.contract.settings import Settings
from services.contract.topics import Topics
from services.runtime.mqtt import BrokerAddress
from tests import backends
from tests.real import MqttServer, S3Server

WINDOW = 20
START = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
EVENT = "20261120T083000Z-3f9c"


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is, as a process needs to know it."""

    broker: BrokerAddress
    broker_url: str
    endpoint: str
    access_key: str
    secret_key: str
    bucket: str

    def settings(self, prefix: str, folder: Path, **archive: Any) -> Settings:
        return Settings.model_validate(
            {
                "mqtt": {"url": self.broker_url, "prefix": prefix},
                "archive": {
                    "url": f"s3://{self.bucket}?endpoint={self.endpoint}",
                    "access_key": self.access_key,
                    "secret_key": self.secret_key,
                    **archive,
                },
                "state_dir": folder,
                "cameras": {"yard": {"url": "demo:"}},
            }
        )

    def archiver(self, settings: Settings) -> ArchiverService:
        return open_archiver(settings, self.broker)


#: In memory where the system has such a folder: not the disk of this machine is to be measured.
IN_MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


@contextmanager
def servers(*, on_disk: bool = False) -> Iterator[Place]:
    """A broker and an S3 server of the kind that the tests use, on an empty bucket.

    `on_disk`: a server that is a process of ours keeps its data on the disk, not in memory.
    """
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory(dir=None if on_disk else IN_MEMORY) as two,
        backends.running_mqtt(Path(one)) as broker,
        backends.running_s3(Path(two)) as s3,
    ):
        yield place(broker, s3)


def place(broker: MqttServer, s3: S3Server, endpoint: str | None = None) -> Place:
    address = BrokerAddress(broker.host, broker.port, broker.user, broker.password)
    return Place(address, broker.url, endpoint or s3.endpoint, s3.access_key, s3.secret_key, s3.make_bucket())


def new_prefix() -> str:
    return f"b{secrets.token_hex(4)}"


def frames(count: int, size: int, first: int = 1) -> Iterator[bytes]:
    """Stamped frames of `size` bytes that no compression shrinks, each with its number."""
    filling = os.urandom(size)
    pieces = [filling[at : at + 60_000] for at in range(0, size, 60_000)]
    comments = b"".join(b"\xff\xfe" + (len(piece) + 2).to_bytes(2, "big") + piece for piece in pieces)
    jpeg = b"\xff\xd8\xff\xdb\x00\x04\x00\x00" + comments + b"\xff\xd9"
    for sequence in range(first, first + count):
        yield stamp(jpeg, FrameId("yard", 1, sequence, START + timedelta(milliseconds=sequence)))


def publish(broker: BrokerAddress, topic: str, payloads: Iterator[bytes]) -> None:
    """Returns when the broker has acknowledged all of them."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(broker.user, broker.password)
    client.max_inflight_messages_set(100)
    client.connect(broker.host, broker.port)
    client.loop_start()
    waiting = threading.Semaphore(200)
    client.on_publish = lambda *_: waiting.release()
    for payload in payloads:
        waiting.acquire()
        client.publish(topic, payload, 1)
    for _ in range(200):
        waiting.acquire()
    client.disconnect()
    client.loop_stop()


@contextmanager
def living(service: ArchiverService) -> Iterator[None]:
    stop = threading.Event()
    life = threading.Thread(target=service.run, args=(stop,), name="archiver")
    life.start()
    try:
        yield
    finally:
        stop.set()
        life.join()


# -- what is measured, each in a process of its own ----------------------------------------------------------


def archiver(place: Place, count: int, size: int, threads: int) -> Usage:
    """The archiver stores what waits for it in its session; the first tenth is not counted.

    In a bucket of its own: to write over what an earlier round has stored costs a server more than to store.
    """
    prefix = new_prefix()
    place = replace(place, bucket=f"bench-{prefix}")
    with tempfile.TemporaryDirectory() as folder:
        settings = place.settings(prefix, Path(folder), threads=threads)
        with living(first := place.archiver(settings)):
            until("a session", lambda: not first.problems())
            time.sleep(0.5)
        publish(place.broker, Topics(prefix).event_frames("yard", EVENT), frames(count, size))
        with living(service := place.archiver(settings)):
            return from_tenth_to_last(count, lambda: service.account()["yard"].stored)  # type: ignore[attr-defined]  # the archiver's account


def receiving(place: Place, count: int, size: int) -> Usage:
    """paho alone takes as many frames from a session and acknowledges each."""
    prefix, got = new_prefix(), [0]
    topic = Topics(prefix).event_frames("yard", EVENT)

    def received(client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        client.ack(message.mid, message.qos)
        got[0] += 1

    def connected() -> mqtt.Client:
        ready = threading.Event()
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=prefix, protocol=mqtt.MQTTv5, manual_ack=True
        )
        client.username_pw_set(place.broker.user, place.broker.password)
        client.on_message = received
        client.on_connect = lambda client, *_: client.subscribe(topic, 1)
        client.on_subscribe = lambda *_: ready.set()
        wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no types here
        wishes.ReceiveMaximum, wishes.SessionExpiryInterval = WINDOW, 3600
        client.connect(place.broker.host, place.broker.port, clean_start=False, properties=wishes)
        client.loop_start()
        ready.wait(10)
        return client

    first = connected()
    first.disconnect()
    first.loop_stop()
    publish(place.broker, topic, frames(count, size))
    client = connected()
    usage = from_tenth_to_last(count, lambda: got[0])
    client.disconnect()
    client.loop_stop()
    return usage


def client_alone(place: Place, count: int, size: int, threads: int) -> Usage:
    """minio's client puts as many objects from as many threads."""
    jpeg, done = next(frames(1, size)), [0]
    with urllib3.PoolManager(maxsize=threads, block=True, retries=False) as pool:
        client = Minio(
            place.endpoint.partition("://")[2],
            place.access_key,
            place.secret_key,
            secure=False,
            region="us-east-1",
            http_client=pool,
        )
        prefix = secrets.token_hex(4)

        def put(number: int) -> None:
            client.put_object(
                place.bucket, f"{prefix}/{number:08}.jpg", io.BytesIO(jpeg), len(jpeg), "image/jpeg"
            )
            done[0] += 1

        with ThreadPoolExecutor(threads) as workers:
            for number in range(count):
                workers.submit(put, number)
            return from_tenth_to_last(count, lambda: done[0])


def from_tenth_to_last(count: int, done: Callable[[], int]) -> Usage:
    """What `done` says is asked for seldom: whoever counts takes processor time from what is measured."""
    until("the first tenth", lambda: done() >= count // 10, pause_s=0.01)
    before, cpu_s, began_s = done(), time.process_time(), time.monotonic()
    until("the last", lambda: done() >= count, pause_s=0.01)
    return Usage(done() - before, time.process_time() - cpu_s, time.monotonic() - began_s, resident())


def until(what: str, condition: Callable[[], object], within_s: float = 120.0, pause_s: float = 0.02) -> None:
    until_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > until_s:
            raise RuntimeError(f"no {what} within {within_s:g} s")
        time.sleep(pause_s)
