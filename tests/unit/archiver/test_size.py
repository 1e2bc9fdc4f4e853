import threading
from pathlib import Path

import pytest

from services.archiver.size import Measure
from services.archiver.tally import Tally
from services.contract.archive_keys import KeyLayout
from services.store import Store, open_store

LAYOUT = KeyLayout()
EVENT = "20261120T083000Z-3f9c"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(tmp_path.as_uri())
    store.prepare()
    return store


def put(store: Store, size: int, camera: str = "door", event: str = EVENT) -> str:
    """A closed event with one frame of that size; its folder."""
    folder = LAYOUT.event_folder(camera, event)
    store.put(f"{folder}frame.jpg", bytes(size))
    store.put(f"{folder}event.json", b"")
    return folder


def counted_once(store: Store, tally: Tally) -> None:
    assert Measure(store, LAYOUT, tally)._count(threading.Event())


def size(tally: Tally, camera: str = "door") -> int:
    return tally.account()[camera].archive_bytes


def test_the_size_is_what_earlier_lives_stored_and_what_this_one_adds(store: Store) -> None:
    put(store, 100)
    put(store, 7, "yard")
    tally = Tally(["door", "yard"])
    counted_once(store, tally)
    tally.count("door", stored=1, stored_bytes=50)
    assert (size(tally), size(tally, "yard")) == (150, 7)


def test_what_was_deleted_meanwhile_is_seen_when_it_is_counted_anew(store: Store) -> None:
    folder = put(store, 100)
    tally = Tally(["door"])
    tally.count("door", stored=1, stored_bytes=100)
    measure = Measure(store, LAYOUT, tally)
    assert measure._count(threading.Event())
    assert size(tally) == 100
    for each in list(store.list(folder)):
        store.delete(each.key)
    assert measure._count(threading.Event())
    assert size(tally) == 0


def test_an_event_that_is_known_is_not_listed_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, 100)
    tally = Tally(["door"])
    measure = Measure(store, LAYOUT, tally)
    assert measure._count(threading.Event())
    monkeypatch.setattr(store, "list", lambda *_: pytest.fail("an event was listed again"))
    assert measure._count(threading.Event())
    assert size(tally) == 100
