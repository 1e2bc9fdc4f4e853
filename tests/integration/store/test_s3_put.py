"""What stands beside an object on a real S3 server, and that it is what was sent."""

from collections.abc import Iterator

import pytest

from services.store import Key, Store, StoreRefused, StoreUnavailable, open_store
from tests.real import S3Server
from tests.servers.faulty_proxy import Exchange, FaultyProxy

pytestmark = pytest.mark.real

METADATA = {"camera": "yard", "event": "20261120T083000Z-3f9c", "sequence": "1", "reason": "Klingel ü"}


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    return s3_server.make_bucket()


@pytest.fixture
def proxy(s3_server: S3Server) -> Iterator[FaultyProxy]:
    with FaultyProxy(s3_server.port) as proxy:
        yield proxy


def opened(s3_server: S3Server, bucket: str, options: str = "", prefix: str = "") -> Store:
    url = s3_server.archive_url(bucket, prefix) + options
    return open_store(url, s3_server.access_key, s3_server.secret_key)


def test_an_object_has_its_type_and_who_it_is(s3_server: S3Server, bucket: str) -> None:
    store = opened(s3_server, bucket, prefix="some")
    store.put("yard/a b+ü~(1)!.jpg", b"jpeg", "image/jpeg", METADATA)
    with s3_server.client() as client:
        found = client.stat_object(bucket, "some/yard/a b+ü~(1)!.jpg")
    store.close()
    assert found.content_type == "image/jpeg"
    assert found.metadata
    assert {name: found.metadata[f"x-amz-meta-{name}"] for name in METADATA} == METADATA | {
        "reason": "Klingel %C3%BC"
    }


def test_an_object_has_tags_where_they_are_wished(s3_server: S3Server, bucket: str) -> None:
    store = opened(s3_server, bucket, "&tags=true")
    store.put("yard/a.jpg", b"jpeg", "image/jpeg", METADATA)
    with s3_server.client() as client:
        tags = client.get_object_tags(bucket, "yard/a.jpg")
    store.close()
    assert dict(tags or {}) == {"camera": "yard", "event": "20261120T083000Z-3f9c"}


def test_a_storage_class_is_asked_for(s3_server: S3Server, bucket: str) -> None:
    store = opened(s3_server, bucket, "&storage_class=REDUCED_REDUNDANCY")
    store.put("yard/a.jpg", b"jpeg")
    with s3_server.client() as client:
        found = client.stat_object(bucket, "yard/a.jpg")
    store.close()
    assert found.response_headers if hasattr(found, "response_headers") else True
    assert (found.metadata or {}).get("x-amz-storage-class") == "REDUCED_REDUNDANCY"


def test_a_server_without_keys_for_encryption_says_so(s3_server: S3Server, bucket: str) -> None:
    store = opened(s3_server, bucket, "&sse=AES256")
    with pytest.raises(StoreUnavailable):
        store.put("yard/a.jpg", b"jpeg")
    store.close()


def test_bytes_that_change_on_the_way_are_not_stored(
    s3_server: S3Server, bucket: str, proxy: FaultyProxy
) -> None:
    def change(exchange: Exchange) -> None:
        exchange.answer(*exchange.forward(b"x" + exchange.body[1:]))

    store = open_store(f"s3://{bucket}?endpoint={proxy.endpoint}", s3_server.access_key, s3_server.secret_key)
    proxy.fault = change
    with pytest.raises(StoreUnavailable, match="XAmzContentSHA256Mismatch"):
        store.put("yard/a.jpg", b"jpeg")
    proxy.fault = None
    assert store.stat("yard/a.jpg") is None
    store.close()


def test_a_key_that_was_rotated_is_read_anew(s3_server: S3Server, bucket: str) -> None:
    now = Key(s3_server.access_key, "old")
    store = open_store(s3_server.archive_url(bucket), now.access, now.secret, read_key=lambda: now)
    with pytest.raises(StoreRefused):
        store.put("yard/a.jpg", b"jpeg")
    now = Key(s3_server.access_key, s3_server.secret_key)
    with pytest.raises(StoreRefused):
        store.put("yard/a.jpg", b"jpeg")
    store.put("yard/a.jpg", b"jpeg")
    assert store.get("yard/a.jpg") == b"jpeg"
    store.close()
