"""What every store promises, shown on a folder and on a real S3 server."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path

import pytest

from services.store import NotStored, Store, StoreRejected, open_store
from tests.real import S3Server

PREFIX = "some/prefix"
EVENTS = (
    "door/2026/11/19/20261119T083012Z-3f9c/20261119T083012.000001Z-00000001.jpg",
    "door/2026/11/19/20261119T083012Z-3f9c/event.json",
    "door/2026/11/20/20261120T083012Z-0a1b/event.json",
    "door-2/2026/11/20/20261120T083012Z-77aa/event.json",
    "ärger/note.txt",
)
IN_ORDER = sorted(EVENTS, key=str.encode)


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.real)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str, str]:
    """`(url of an empty archive with room for a prefix, access key, secret key)`."""
    if request.param == "folder":
        return f"{(tmp_path / 'archive').as_uri()}/{{prefix}}", "", ""
    server: S3Server = request.getfixturevalue("s3_server")
    return server.archive_url(server.make_bucket(), "{prefix}"), server.access_key, server.secret_key


def opened(place: tuple[str, str, str], prefix: str = "") -> Store:
    url, access_key, secret_key = place
    return open_store(url.format(prefix=prefix), access_key, secret_key)


@pytest.fixture
def store(place: tuple[str, str, str]) -> Iterator[Store]:
    store = opened(place, PREFIX)
    store.prepare()
    yield store
    store.close()


@pytest.fixture
def full(store: Store) -> Store:
    for key in EVENTS:
        store.put(key, key.encode())
    return store


def keys(store: Store, prefix: str = "", **how: str | bool) -> list[str]:
    return [found.key for found in store.list(prefix, **how)]  # type: ignore[arg-type] # passed through as given


class TestEveryStore:
    def test_gives_back_what_was_put(self, store: Store) -> None:
        picture = secrets.token_bytes(100_000)
        store.put("a/b.jpg", picture, metadata={"camera": "door"})
        assert store.get("a/b.jpg") == picture

    def test_knows_how_large_an_object_is(self, store: Store) -> None:
        store.put("a/b.jpg", b"12345")
        found = store.stat("a/b.jpg")
        assert found is not None
        assert (found.key, found.bytes, found.modified.tzinfo) == ("a/b.jpg", 5, UTC)

    def test_keeps_an_empty_object(self, store: Store) -> None:
        store.put("empty", b"")
        assert (store.get("empty"), keys(store)) == (b"", ["empty"])

    def test_keeps_a_large_object(self, store: Store) -> None:
        large = secrets.token_bytes(1 << 20) * 20
        store.put("large", large)
        assert store.get("large") == large

    def test_replaces_an_object_that_is_put_again(self, store: Store) -> None:
        store.put("a", b"first, and longer")
        store.put("a", b"second")
        assert (store.get("a"), [found.bytes for found in store.list()]) == (b"second", [6])

    def test_lists_in_the_order_of_keys(self, full: Store) -> None:
        assert keys(full) == IN_ORDER

    def test_lists_what_begins_with_a_prefix(self, full: Store) -> None:
        assert keys(full, "door/2026/11/2") == [EVENTS[2]]
        assert keys(full, "door") == [key for key in IN_ORDER if key.startswith("door")]
        assert keys(full, "window/") == []

    @pytest.mark.parametrize("after", [*IN_ORDER, "door", "door/", "door/2026/11/19/~", "z"])
    def test_lists_from_where_it_stopped(self, full: Store, after: str) -> None:
        assert keys(full, start_after=after) == [key for key in IN_ORDER if key.encode() > after.encode()]

    def test_lists_one_folder_alone(self, full: Store) -> None:
        assert keys(full, EVENTS[1].rpartition("/")[0] + "/", recursive=False) == list(EVENTS[:2])
        assert keys(full, "door/", recursive=False) == []

    def test_lists_folders(self, full: Store) -> None:
        assert list(full.list_folders()) == ["door-2/", "door/", "ärger/"]
        assert list(full.list_folders("door/2026/11/")) == ["door/2026/11/19/", "door/2026/11/20/"]
        assert list(full.list_folders("door/2026/11/1")) == ["door/2026/11/19/"]
        assert list(full.list_folders("ärger/")) == []

    def test_lists_more_than_a_server_says_at_once(self, store: Store) -> None:
        wanted = [f"many/{n:04}" for n in range(1005)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda key: store.put(key, b"x"), wanted))
        assert keys(store, "many/") == wanted

    def test_says_that_there_is_no_such_object(self, full: Store) -> None:
        for key in ("nothing", "door/2026", "door/2026/11/nothing", f"{EVENTS[0]}/below"):
            with pytest.raises(NotStored, match=r"has no"):
                full.get(key)
            assert full.stat(key) is None

    def test_deletes_an_object_and_the_folders_that_held_it_alone(self, full: Store) -> None:
        full.delete(EVENTS[2])
        full.delete(EVENTS[2])
        assert full.stat(EVENTS[2]) is None
        assert list(full.list_folders("door/2026/11/")) == ["door/2026/11/19/"]

    def test_refuses_a_key_that_leads_out(self, full: Store, place: tuple[str, str, str]) -> None:
        opened(place).put("secret", b"of another")
        for key in ("../../secret", "/etc/passwd", "door/../../../secret", "a//b", ""):
            for ask in (full.get, full.stat, full.delete, full.url_of, lambda key: full.put(key, b"")):
                with pytest.raises(StoreRejected, match="is no key for an object"):
                    ask(key)
        for prefix in ("../", "/", "door/../../"):
            with pytest.raises(StoreRejected, match="begins no object's key"):
                full.list(prefix)
            with pytest.raises(StoreRejected, match="begins no object's key"):
                full.list_folders(prefix)

    def test_sees_only_what_is_below_its_own_prefix(self, full: Store, place: tuple[str, str, str]) -> None:
        other = opened(place, f"{PREFIX}-2")
        other.prepare()
        other.put("door/x", b"x")
        assert keys(other) == ["door/x"]
        assert keys(full) == IN_ORDER
        assert keys(opened(place), "some/") == [
            f"{PREFIX}-2/door/x",
            *(f"{PREFIX}/{key}" for key in IN_ORDER),
        ]

    def test_takes_metadata_in_any_script(self, store: Store) -> None:
        store.put("a", b"x", metadata={"label": " Haustür \r\n X-Evil: 1 ", "name ü": "門 100 %"})
        assert store.get("a") == b"x"

    def test_is_prepared_as_often_as_one_likes(self, full: Store) -> None:
        full.prepare()
        assert keys(full) == IN_ORDER

    def test_takes_objects_from_many_threads(self, store: Store) -> None:
        pictures = {f"{n % 7}/{n}": secrets.token_bytes(20_000) for n in range(64)}
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(lambda item: store.put(*item), pictures.items()))
            assert list(threads.map(store.get, pictures)) == list(pictures.values())

    def test_keeps_one_whole_object_when_many_threads_put_the_same(self, store: Store) -> None:
        versions = [bytes([n]) * 50_000 for n in range(24)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda version: store.put("door/a", version), versions))
        assert store.get("door/a") in versions
        assert keys(store) == ["door/a"]

    def test_says_where_it_is_and_keeps_its_secrets(self, store: Store, place: tuple[str, str, str]) -> None:
        said = store.describe() + store.url_of("a b/ü.jpg")
        assert store.describe().endswith(PREFIX)
        assert not any(secret and secret in said for secret in place[1:])
