"""A real S3 server that goes away, refuses, forgets its bucket, or knows us only a little."""

import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3
from minio import MinioAdmin
from minio.credentials.providers import StaticProvider

from services.store import Store, StoreRefused, StoreUnavailable, open_store
from tests.real import S3Server

pytestmark = pytest.mark.real
REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "archive.md"


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    return s3_server.make_bucket()


@pytest.fixture
def store(s3_server: S3Server, bucket: str) -> Iterator[Store]:
    store = open_store(s3_server.archive_url(bucket), s3_server.access_key, s3_server.secret_key)
    yield store
    store.close()


@contextmanager
def limited_user(s3_server: S3Server, bucket: str) -> Iterator[tuple[str, str]]:
    """A key of its own with the permissions that the reference names."""
    found = re.search(r"```json\n(.*?)```", REFERENCE.read_text(), re.DOTALL)
    assert found is not None
    policy = json.loads(found[1].replace("my-bucket", bucket))
    user, password = f"user-{secrets.token_hex(4)}", secrets.token_hex(16)
    root = StaticProvider(s3_server.access_key, s3_server.secret_key)
    with urllib3.PoolManager(retries=False) as pool:
        admin = MinioAdmin(endpoint=s3_server.address, credentials=root, secure=False, http_client=pool)
        admin.policy_add(bucket, policy=policy)
        admin.user_add(user, password)
        admin.attach_policy([bucket], user=user)
        yield user, password
        admin.user_remove(user)


def asks(store: Store) -> list[Callable[[], object]]:
    return [
        lambda: store.put("a", b"x"),
        lambda: store.get("a"),
        lambda: store.stat("a"),
        lambda: list(store.list()),
        lambda: list(store.list_folders()),
        lambda: store.delete("a"),
        store.prepare,
    ]


def test_a_server_that_is_away_is_temporary_and_comes_back_with_everything(
    s3_server: S3Server, store: Store
) -> None:
    store.put("kept", b"x")
    s3_server.kill()
    try:
        for ask in asks(store):
            with pytest.raises(StoreUnavailable) as caught:
                ask()
            assert type(caught.value) is StoreUnavailable
            assert str(caught.value).startswith(f"S3 at {s3_server.endpoint} is not there (")
    finally:
        s3_server.start()
    store.prepare()
    assert store.get("kept") == b"x"


@pytest.mark.parametrize(
    ("wrong", "code"), [("access_key", "InvalidAccessKeyId"), ("secret_key", "SignatureDoesNotMatch")]
)
def test_a_wrong_key_is_refused_with_a_sentence_that_keeps_it_secret(
    s3_server: S3Server, bucket: str, wrong: str, code: str
) -> None:
    key = {"access_key": s3_server.access_key, "secret_key": s3_server.secret_key}
    key[wrong] = f"wrong-{secrets.token_hex(8)}"
    store = open_store(s3_server.archive_url(bucket), key["access_key"], key["secret_key"])
    for ask in asks(store):
        with pytest.raises(StoreRefused, match=rf"S3 at \S+ refused the key for bucket {bucket}"):
            ask()
    with pytest.raises(StoreRefused) as caught:
        store.put("a", b"x")
    sentence = str(caught.value)
    store.close()
    assert f"({code}: " in sentence
    assert sentence.endswith("check archive.access_key, archive.secret_key and what the key may do")
    assert not any(secret in sentence for secret in key.values())


def test_a_missing_bucket_is_made(s3_server: S3Server) -> None:
    url = s3_server.archive_url(f"test-{secrets.token_hex(6)}", "prefix")
    store = open_store(url, s3_server.access_key, s3_server.secret_key)
    with pytest.raises(StoreUnavailable, match="has no bucket"):
        store.put("a", b"x")
    store.prepare()
    store.put("a", b"x")
    assert [found.key for found in store.list()] == ["a"]
    store.close()


def test_the_documented_permissions_are_enough_and_no_more_than_the_bucket(
    s3_server: S3Server, bucket: str
) -> None:
    with limited_user(s3_server, bucket) as key:
        store = open_store(s3_server.archive_url(bucket, "prefix"), *key)
        store.prepare()
        store.put("door/a", b"x")
        assert store.get("door/a") == b"x"
        assert [found.key for found in store.list()] == ["door/a"]
        assert list(store.list_folders()) == ["door/"]
        store.delete("door/a")
        assert store.stat("door/a") is None
        store.close()

        other = open_store(s3_server.archive_url(s3_server.make_bucket()), *key)
        with pytest.raises(StoreRefused, match="refused the key"):
            other.prepare()
        other.close()


def test_a_key_that_may_not_make_the_missing_bucket_is_told_so(s3_server: S3Server, bucket: str) -> None:
    with limited_user(s3_server, bucket) as key:
        with s3_server.client() as client:
            client.remove_bucket(bucket)
        store = open_store(s3_server.archive_url(bucket), *key)
        with pytest.raises(StoreRefused) as caught:
            store.prepare()
        store.close()
    assert str(caught.value) == (
        f"S3 at {s3_server.endpoint} has no bucket {bucket} and the key may not make it; "
        "make it, or check archive.url"
    )


def test_metadata_and_content_type_are_on_the_object_in_plain_ascii(
    s3_server: S3Server, bucket: str, store: Store
) -> None:
    store.put("a", b"{}", "application/json", {"label": " Haustür \r\n X-Evil: 1 ", "share": "100 %"})
    with s3_server.client() as client:
        found = client.stat_object(bucket, "a")
    assert found.content_type == "application/json"
    assert found.metadata is not None
    assert found.metadata["x-amz-meta-label"] == "Haust%C3%BCr X-Evil: 1"
    assert found.metadata["x-amz-meta-share"] == "100 %25"
    assert "x-evil" not in found.metadata


def test_tls_to_a_server_without_it_is_a_sentence(s3_server: S3Server, bucket: str) -> None:
    url = s3_server.archive_url(bucket).replace("http:", "https:")
    store = open_store(url, s3_server.access_key, s3_server.secret_key)
    with pytest.raises(StoreRefused, match=r"does not speak TLS; if that is right, write http://"):
        store.prepare()
    store.close()
