import threading
from pathlib import Path

from services.archiver.size import Measure
from services.archiver.tally import Tally
from services.store import Store, open_store


def counted_once(store: Store, tally: Tally) -> None:
    assert Measure(store, tally)._count(threading.Event())


def size(tally: Tally, camera: str = "door") -> int:
    return tally.account()[camera].archive_bytes


def test_the_size_is_what_earlier_lives_stored_and_what_this_one_adds(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    store.prepare()
    store.put("door/2026/a.jpg", b"x" * 100)
    store.put("yard/2026/a.jpg", b"x" * 7)
    tally = Tally(["door", "yard"])
    counted_once(store, tally)
    tally.count("door", stored=1, stored_bytes=50)
    assert (size(tally), size(tally, "yard")) == (150, 7)


def test_what_was_deleted_meanwhile_is_seen_when_it_is_counted_anew(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    store.prepare()
    store.put("door/2026/a.jpg", b"x" * 100)
    tally = Tally(["door"])
    tally.count("door", stored=1, stored_bytes=100)
    counted_once(store, tally)
    assert size(tally) == 100
    store.delete("door/2026/a.jpg")
    counted_once(store, tally)
    assert size(tally) == 0
