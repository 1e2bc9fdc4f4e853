import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.archiver.retention import Sizes
from services.archiver.size import Measure
from services.archiver.tally import Tally
from services.contract.archive_keys import KeyLayout
from services.store import Store, open_store
from services.store.events import EventRef, one_by_one

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


def measuring(store: Store, tally: Tally) -> Measure:
    return Measure(store, LAYOUT, tally, Sizes(store, LAYOUT))


def counted_once(store: Store, tally: Tally) -> None:
    assert measuring(store, tally)._count(threading.Event())


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
    measure = measuring(store, tally)
    assert measure._count(threading.Event())
    assert size(tally) == 100
    for each in list(store.list(folder)):
        store.delete(each.key)
    assert measure._count(threading.Event())
    assert size(tally) == 0


def test_an_event_that_is_known_is_not_listed_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, 100)
    tally = Tally(["door"])
    measure = measuring(store, tally)
    assert measure._count(threading.Event())
    monkeypatch.setattr(store, "list", lambda *_: pytest.fail("an event was listed again"))
    assert measure._count(threading.Event())
    assert size(tally) == 100


def test_who_measures_neither_lists_nor_forgets_what_somebody_else_knows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, 100)
    put(store, 7, "yard")  # a camera of another archiver, or one that is configured no more
    sizes, both = Sizes(store, LAYOUT), ["door", "yard"]
    sizes.update(one_by_one(store, LAYOUT, both), threading.Event())
    monkeypatch.setattr(store, "list", lambda *_: pytest.fail("an event was listed again"))
    tally = Tally(["door"])
    assert Measure(store, LAYOUT, tally, sizes, lambda: both)._count(threading.Event())
    assert size(tally) == 100
    assert sizes.of("yard") == 7


def test_two_that_update_at_a_time_take_turns_and_nothing_is_forgotten(store: Store) -> None:
    for number in range(20):
        put(store, 1, event=f"20261120T083000Z-{number:04x}")
    sizes = Sizes(store, LAYOUT)
    going, others = threading.Event(), list[threading.Thread]()

    def there() -> Iterator[EventRef]:
        for n, ref in enumerate(one_by_one(store, LAYOUT, ["door"])):
            if n == 10:  # in the midst of a pass another one wants to begin
                others.append(threading.Thread(target=sizes.update, args=(late(), threading.Event())))
                others[0].start()
                assert not going.wait(0.1)
            yield ref

    def late() -> Iterator[EventRef]:
        going.set()
        yield from one_by_one(store, LAYOUT, ["door"])

    sizes.update(there(), threading.Event())
    assert sizes.total == 20
    others[0].join()
    assert (going.is_set(), sizes.total) == (True, 20)
