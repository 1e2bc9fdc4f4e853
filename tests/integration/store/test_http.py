"""An archive that is somebody's own server: what it is sent, and what its answers mean."""

import hashlib
from collections.abc import Iterator

import pytest

from services.store import (
    Key,
    NotStored,
    Store,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreRejected,
    StoreUnavailable,
    open_store,
)
from tests.servers.posted import PostServer

JPEG = b"\xff\xd8 a picture \r\n--boundary\r\n \xff\xd9"
KEY = "yard/2026/11/20/20261120T083000Z-3f9c/20261120T083001.000000Z-00000001.jpg"


@pytest.fixture
def server() -> Iterator[PostServer]:
    with PostServer() as server:
        yield server


@pytest.fixture
def store(server: PostServer) -> Iterator[Store]:
    store = open_store(server.url, token="right")
    yield store
    store.close()


def test_a_frame_is_posted_as_a_form_with_the_file_image(store: Store, server: PostServer) -> None:
    store.put(KEY, JPEG, "image/jpeg", {"camera": "yard", "sequence": "1"})
    [post] = server.posts
    assert (post.part, post.name, post.content_type) == (
        "image",
        "20261120T083001.000000Z-00000001.jpg",
        "image/jpeg",
    )
    assert post.data == JPEG
    assert post.fields == {
        "key": KEY,
        "sha256": hashlib.sha256(JPEG).hexdigest(),
        "camera": "yard",
        "sequence": "1",
    }


def test_a_manifest_is_posted_as_the_file_manifest(store: Store, server: PostServer) -> None:
    store.put("yard/event.json", b"{}", "application/json", {"camera": "yard"})
    [post] = server.posts
    assert (post.part, post.name, post.content_type, post.data) == (
        "manifest",
        "event.json",
        "application/json",
        b"{}",
    )


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_means_stored(store: Store, server: PostServer, status: int) -> None:
    server.status = status
    store.put(KEY, JPEG)
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (401, StoreRefused, "refused us (HTTP 401); check archive.token"),
        (403, StoreRefused, "refused us (HTTP 403); check archive.token"),
        (404, StoreRefused, "does not take frames there (HTTP 404); check archive.url"),
        (308, StoreRefused, "sends us to elsewhere.example.org; write that address as archive.url"),
        (413, StoreRejected, "says that the object is too large (HTTP 413)"),
        (422, StoreRejected, "says that the object is not what it takes (HTTP 422)"),
        (429, StoreUnavailable, "is not well (HTTP 429)"),
        (500, StoreUnavailable, "is not well (HTTP 500)"),
        (503, StoreUnavailable, "is not well (HTTP 503)"),
        (507, StoreFull, "has no room left (HTTP 507)"),
    ],
)
def test_each_other_answer_has_its_meaning(
    store: Store, server: PostServer, status: int, kind: type[StoreError], says: str
) -> None:
    server.status = status
    with pytest.raises(StoreError) as caught:
        store.put(KEY, JPEG)
    assert type(caught.value) is kind
    assert str(caught.value) == f"the archive at {server.url.partition('/frames')[0]} {says}"


def test_it_shows_neither_its_token_nor_its_query(store: Store, server: PostServer) -> None:
    server.token = "another"
    with pytest.raises(StoreRefused) as caught:
        store.put(KEY, JPEG)
    assert "tenant" not in f"{caught.value}{store.describe()}{store.url_of(KEY)}"
    assert "right" not in str(caught.value)


def test_a_server_that_is_away_is_temporary(server: PostServer) -> None:
    store = open_store("http://127.0.0.1:1/frames", token="right")
    with pytest.raises(StoreUnavailable, match="is not there \\(connection refused\\)"):
        store.put(KEY, JPEG)


def test_a_token_that_was_changed_is_read_anew(server: PostServer) -> None:
    store = open_store(server.url, token="old", read_key=lambda: Key(token="right"))
    with pytest.raises(StoreRefused):
        store.put(KEY, JPEG)
    store.put(KEY, JPEG)
    assert len(server.posts) == 1
    store.close()


def test_nothing_is_to_be_seen_there(store: Store) -> None:
    store.put(KEY, JPEG)
    with pytest.raises(NotStored):
        store.get(KEY)
    assert list(store.list()) == []
    assert list(store.list_folders()) == []
    assert store.stat(KEY) is None
    store.delete(KEY)
