import logging
import threading

import pytest

from services.archiver.uploads import REFUSED_RETRY_S, Stopped, Uploads
from services.archiver.workers import Workers
from services.store import StoreRefused, StoreRejected, StoreUnavailable
from tests.unit.archiver.stores import MemoryStore

AWAY = StoreUnavailable("s3://events is away")


class Patience:
    """Waits no time, notes how long it should have been, and does something the n-th time."""

    def __init__(self, store: MemoryStore, heals_at: int) -> None:
        self.waits: list[float] = []
        self._store, self._heals_at = store, heals_at

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) == self._heals_at:
            self._store.away = None


def put(uploads: Uploads, key: str = "a.jpg") -> None:
    uploads.put(key, b"jpeg", "image/jpeg", {})


def test_a_store_that_is_away_is_waited_for_ever_longer_up_to_ten_seconds() -> None:
    store = MemoryStore()
    store.away = AWAY
    wait = Patience(store, heals_at=8)
    put(Uploads(store, wait))
    assert store.objects == {"a.jpg": b"jpeg"}
    assert wait.waits[0] < 1.3
    assert all(8 <= waited <= 12 for waited in wait.waits[4:])


def test_a_store_that_refuses_is_asked_slowly_from_the_first_time_on() -> None:
    store = MemoryStore()
    store.away = StoreRefused("wrong key")
    wait = Patience(store, heals_at=2)
    put(Uploads(store, wait))
    assert wait.waits == [REFUSED_RETRY_S, REFUSED_RETRY_S]


def test_it_is_said_once_when_it_breaks_and_once_when_it_heals(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    store = MemoryStore()
    store.away = AWAY
    uploads = Uploads(store, Patience(store, heals_at=5))
    put(uploads)
    put(uploads)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        (
            "WARNING",
            "s3://events is away; nothing is lost, and it is tried again for as long as it takes",
        ),
        ("INFO", "memory: is there again"),
    ]


def test_what_is_wrong_can_be_asked_while_it_is_wrong() -> None:
    store = MemoryStore()
    store.away = AWAY
    seen = []
    uploads = Uploads(store)

    def wait(_seconds: float) -> None:
        seen.append(uploads.problem)
        store.away = None

    uploads._wait = wait
    put(uploads)
    assert seen == ["s3://events is away"]
    assert uploads.problem == ""


def test_the_store_is_prepared_anew_before_it_is_tried_again() -> None:
    """A bucket that vanished heals."""

    class Vanished(MemoryStore):
        def _check(self) -> None:
            pass

        def put(self, *arguments: object, **named: object) -> None:
            if not self.prepared:
                raise StoreUnavailable("the bucket is not there")
            super().put(*arguments, **named)  # type: ignore[arg-type]  # passed through as given

    store = Vanished()
    put(Uploads(store, Patience(store, heals_at=0)))
    assert store.prepared == 1
    assert store.objects == {"a.jpg": b"jpeg"}


def test_while_all_is_well_nothing_is_prepared() -> None:
    store = MemoryStore()
    put(Uploads(store))
    assert store.prepared == 0


def test_what_the_store_never_takes_is_not_tried_again() -> None:
    store = MemoryStore()
    store.refuses[".jpg"] = StoreRejected("too large")
    wait = Patience(store, heals_at=0)
    with pytest.raises(StoreRejected, match="too large"):
        put(Uploads(store, wait))
    assert wait.waits == []


def test_who_waits_for_the_store_is_let_go_when_the_service_ends() -> None:
    store = MemoryStore()
    store.away = AWAY
    uploads = Uploads(store)
    ended = threading.Event()

    def wait_for_ever() -> None:
        with pytest.raises(Stopped):
            put(uploads)
        ended.set()

    thread = threading.Thread(target=wait_for_ever)
    thread.start()
    uploads.give_up()
    thread.join(5)
    assert ended.is_set()


def test_after_the_end_nothing_is_begun() -> None:
    store = MemoryStore()
    uploads = Uploads(store)
    uploads.give_up()
    with pytest.raises(Stopped):
        put(uploads)
    assert store.objects == {}


class TestWorkers:
    def test_a_failure_in_a_thread_is_raised_where_it_is_looked_for(self) -> None:
        def fail() -> None:
            raise ZeroDivisionError("a bug")

        with Workers(1) as workers:
            workers.submit(fail)
        with pytest.raises(ZeroDivisionError):
            workers.check()

    def test_the_end_of_the_service_is_no_failure(self) -> None:
        def stopped() -> None:
            raise Stopped

        with Workers(1) as workers:
            workers.submit(stopped)
        workers.check()
