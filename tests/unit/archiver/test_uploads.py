import threading

import pytest

from services.archiver.standing import PATIENCE_S, Standing
from services.archiver.uploads import Stopped, Uploads
from services.archiver.workers import Workers
from services.store import StoreRefused, StoreRejected, StoreUnavailable
from tests.unit.archiver.stores import MemoryStore

AWAY = StoreUnavailable("s3://events is away")


class Patience:
    """Waits no time but lets it pass, and heals the store the n-th time."""

    def __init__(self, store: MemoryStore, heals_at: int) -> None:
        self.now_s = 0.0
        self.waits = 0
        self._store, self._heals_at = store, heals_at

    def __call__(self, seconds: float) -> None:
        self.now_s += seconds
        self.waits += 1
        if self.waits == self._heals_at:
            self._store.away = None


def uploads_with(store: MemoryStore, wait: Patience) -> Uploads:
    return Uploads(store, Standing("memory:", lambda: wait.now_s), wait)


def put(uploads: Uploads, key: str = "a.jpg") -> None:
    uploads.put(key, b"jpeg", "image/jpeg", {})


def test_a_store_that_hiccups_is_tried_again() -> None:
    store = MemoryStore()
    store.away = AWAY
    put(uploads_with(store, Patience(store, heals_at=3)))
    assert store.objects == {"a.jpg": b"jpeg"}


def test_a_store_that_stays_away_is_given_up_after_a_moment() -> None:
    store = MemoryStore()
    store.away = AWAY
    wait = Patience(store, heals_at=1000)
    with pytest.raises(StoreUnavailable):
        put(uploads_with(store, wait))
    assert PATIENCE_S <= wait.now_s < PATIENCE_S + 1


def test_a_store_that_refuses_is_given_up_at_once() -> None:
    store = MemoryStore()
    store.away = StoreRefused("wrong key")
    wait = Patience(store, heals_at=1000)
    with pytest.raises(StoreRefused):
        put(uploads_with(store, wait))
    assert wait.waits == 0


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
    put(uploads_with(store, Patience(store, heals_at=0)))
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
        put(uploads_with(store, wait))
    assert wait.waits == 0


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
