"""Replicas of a service share the cameras among them, whoever comes and goes."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from services.contract.partition import Partition
from services.contract.settings import CameraSettings
from services.contract.topics import Topics
from services.runtime import claims
from services.runtime.mqtt import BrokerAddress
from services.runtime.presence import Presence
from services.runtime.share import Share
from tests.integration.runtime.conftest import address
from tests.integration.runtime.links import eventually, running
from tests.real import MqttServer
from tests.servers.wire import Wire

CAMERAS = {f"camera-{n}": CameraSettings(url="demo:") for n in range(12)}


@pytest.fixture(autouse=True)
def _nobody_listens_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "LISTEN_S", 0.3)


class Replica:
    """What a service does about its share: it takes a moment to let go."""

    def __init__(self, broker: BrokerAddress, topics: Topics, slot: str) -> None:
        self.partition = Partition.parse(slot)
        self.presence = Presence(broker, topics, "motion", self.partition)
        wanted = {name: own for name, own in CAMERAS.items() if self.partition.has(name)}
        self.share = Share(self.presence, topics, wanted, self._apply)
        self.at_work = set(self.share.cameras)

    def _apply(self, cameras: Mapping[str, CameraSettings]) -> None:
        time.sleep(0.1)  # as closing an event takes
        self.at_work = set(cameras)

    @contextmanager
    def alive(self) -> Iterator["Replica"]:
        stop = threading.Event()
        self.share.attach()
        thread = threading.Thread(target=self.share.run, args=(stop,), name="share")
        with running(self.presence.link):
            thread.start()
            try:
                yield self
            finally:
                stop.set()
                thread.join()


def together(replicas: list[Replica]) -> bool:
    """Whether each camera is one replica's."""
    return sorted(camera for each in replicas for camera in each.at_work) == sorted(CAMERAS)


def test_a_second_replica_takes_its_share_and_gives_it_back(broker: BrokerAddress, name: str) -> None:
    first, second = (Replica(broker, Topics(name), slot) for slot in ("1/1", "2/2"))
    with first.alive():
        eventually(lambda: first.at_work == set(CAMERAS))
        with second.alive():
            eventually(lambda: second.at_work == {c for c in CAMERAS if second.partition.has(c)})
            assert together([first, second])
        eventually(lambda: first.at_work == set(CAMERAS))


def test_four_become_three_in_whatever_order(broker: BrokerAddress, name: str) -> None:
    topics = Topics(name)
    with ExitStack() as old:
        four = [old.enter_context(Replica(broker, topics, f"{n}/4").alive()) for n in range(1, 5)]
        eventually(lambda: together(four))
        with ExitStack() as new:
            three = [new.enter_context(Replica(broker, topics, f"{n}/3").alive()) for n in (3, 1, 2)]
            eventually(lambda: together(three))
            eventually(lambda: not any(each.at_work for each in four))


def test_one_that_was_killed_is_not_waited_for_although_the_clock_was_set_back(
    server: MqttServer, name: str
) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    with Wire(server.port) as wire:
        killed = Replica(address(server, wire.port), Topics(name), "1/1")
        killed.presence.info = killed.presence.info.model_copy(update={"since": later})
        killed.presence.tell()
        with running(killed.presence.link):
            wire.freeze()
            again = Replica(address(server, server.port), Topics(name), "1/1")
            with again.alive():
                time.sleep(1.0)
                assert again.at_work == set(CAMERAS)
                assert again.share.problem == ""
            wire.cut()


def test_of_two_with_one_slot_the_older_rests_and_says_so(broker: BrokerAddress, name: str) -> None:
    topics = Topics(name)
    with Replica(broker, topics, "1/2").alive() as older:
        eventually(lambda: older.at_work)
        with Replica(broker, topics, "1/2").alive() as newer:
            eventually(lambda: newer.at_work and not older.at_work)
            assert "another motion has the slot 1/2 too" in older.share.problem
            assert newer.share.problem == ""
        eventually(lambda: older.at_work)
        assert older.share.problem == ""
