"""Somebody keeps an event: the marker is in the store, also when that was away just then."""

import pytest

from services.contract.topics import Topics
from tests.integration.archiver.archivers import ArchiverProcess, StoreSeen
from tests.integration.archiver.feeding import Feeder, eventually
from tests.servers.faulty_proxy import FaultyProxy

pytestmark = pytest.mark.real


def marker(seen: StoreSeen, feeder: Feeder) -> bool:
    folder = f"yard/{feeder.start:%Y/%m/%d}/{feeder.event}"
    return seen.store.stat(f"{folder}/keep.json") is not None


def test_the_last_event_is_kept_by_an_empty_message(
    archiver: ArchiverProcess, feeder: Feeder, seen: StoreSeen
) -> None:
    archiver.start()
    feeder.publish(1, 2)
    feeder.hand_over()
    eventually("end of the event", lambda: "archived" in feeder.kinds)
    feeder.say(Topics(feeder.prefix).camera("yard", "keep"), b"")
    eventually("marker", lambda: marker(seen, feeder))


def test_a_wish_outlives_the_archiver_and_an_archive_that_is_away(
    archiver: ArchiverProcess, feeder: Feeder, seen: StoreSeen, proxy: FaultyProxy
) -> None:
    archiver.start()
    feeder.publish(1)
    feeder.hand_over()
    eventually("end of the event", lambda: "archived" in feeder.kinds)
    proxy.down()
    feeder.say(Topics(feeder.prefix).camera("yard", "keep"), feeder.event.encode())
    archiver.kill()
    proxy.up()
    archiver.start()
    eventually("marker", lambda: marker(seen, feeder))
