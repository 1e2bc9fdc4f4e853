"""The tests' own faulty server does to a store what it says that it does."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.store import Store, StoreFull, StoreRefused, StoreUnavailable, open_store
from tests.real import S3Server
from tests.servers.faulty_proxy import (
    Answers,
    Fault,
    FaultyProxy,
    Hangs,
    LosesAnswers,
    Resets,
    Slow,
    Sometimes,
)

pytestmark = pytest.mark.real


@pytest.fixture
def proxy(s3_server: S3Server) -> Iterator[FaultyProxy]:
    with FaultyProxy(s3_server.port) as proxy:
        yield proxy


@pytest.fixture
def store(s3_server: S3Server, proxy: FaultyProxy) -> Iterator[Store]:
    url = f"s3://{s3_server.make_bucket()}?endpoint={proxy.endpoint}"
    store = open_store(url, s3_server.access_key, s3_server.secret_key)
    store.put("a", b"before")
    yield store
    store.close()


def test_passes_on_what_it_does_not_harm(store: Store, proxy: FaultyProxy) -> None:
    store.put("b/c", b"x" * 200_000)
    assert store.get("b/c") == b"x" * 200_000
    assert [each.key for each in store.list()] == ["a", "b/c"]
    found = store.stat("b/c")
    assert found
    assert found.bytes == 200_000
    store.delete("b/c")
    assert proxy.count("PUT") == 2


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Answers(403, "AccessDenied"), StoreRefused, "refused the key"),
        (Answers(507, "XMinioStorageFull"), StoreFull, "no room left"),
        (Answers(503, "SlowDown"), StoreUnavailable, "is not well"),
        (Resets(), StoreUnavailable, "connection reset by peer"),
    ],
)
def test_fails_as_it_was_told_and_heals(
    store: Store, proxy: FaultyProxy, fault: Fault, kind: type[Exception], says: str
) -> None:
    proxy.fault = fault
    with pytest.raises(kind, match=says):
        store.put("a", b"after")
    proxy.fault = None
    assert store.get("a") == b"before"


def test_loses_the_answer_to_what_was_done(store: Store, proxy: FaultyProxy) -> None:
    proxy.fault = LosesAnswers()
    with pytest.raises(StoreUnavailable):
        store.put("a", b"after")
    proxy.fault = None
    assert store.get("a") == b"after"


def test_is_slow(store: Store, proxy: FaultyProxy) -> None:
    proxy.fault = Slow(0.3)
    began_s = time.monotonic()
    store.put("a", b"after")
    assert time.monotonic() - began_s >= 0.3


def test_lets_go_of_what_hangs_when_it_is_mended(store: Store, proxy: FaultyProxy) -> None:
    proxy.fault = Hangs()
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(store.get, "a")
        while proxy.count("GET") == 0:
            threading.Event().wait(0.01)
        proxy.fault = None
        with pytest.raises(StoreUnavailable):
            asked.result(10)
    assert store.get("a") == b"before"


def test_is_down_and_comes_up_again_where_it_was(store: Store, proxy: FaultyProxy) -> None:
    proxy.down()
    with pytest.raises(StoreUnavailable, match="connection refused"):
        store.get("a")
    proxy.up()
    assert store.get("a") == b"before"


def test_strikes_now_and_then_the_same_way_for_a_seed(store: Store, proxy: FaultyProxy) -> None:
    def struck() -> list[bool]:
        proxy.fault = Sometimes(Answers(503), 0.5, seed=3, only="PUT")
        found = []
        for _ in range(20):
            try:
                store.put("a", b"x")
            except StoreUnavailable:
                found.append(True)
            else:
                found.append(False)
            store.get("a")
        return found

    first = struck()
    assert 4 < sum(first) < 16
    assert struck() == first
