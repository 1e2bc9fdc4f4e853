"""The bucket's users on a real S3 server: each may do what its service does, and nothing beside it."""

import io
import secrets
from collections.abc import Callable

import pytest
from minio import Minio
from minio.error import S3Error

from services.contract.archive_url import S3Place, parse_archive_url
from services.runtime.errors import UserError
from services.secrets import Key
from services.secrets.bucket import RIGHTS, NotYet, prepare
from tests.real import S3Server

pytestmark = pytest.mark.real

REFUSED = "AccessDenied"


@pytest.fixture
def place(s3_server: S3Server) -> S3Place:
    place = parse_archive_url(s3_server.archive_url(f"kept-{secrets.token_hex(4)}"))
    assert isinstance(place, S3Place)
    return place


@pytest.fixture
def users() -> dict[str, Key]:
    return {user: Key(f"{user}-{secrets.token_hex(3)}", secrets.token_hex(16)) for user in RIGHTS}


@pytest.fixture
def clients(s3_server: S3Server, place: S3Place, users: dict[str, Key]) -> dict[str, Minio]:
    prepare(place, root(s3_server), users)
    return {
        user: Minio(place.host, key.access, key.secret, secure=False, region=place.region)
        for user, key in users.items()
    }


def root(server: S3Server) -> Key:
    return Key(server.access_key, server.secret_key)


def put(client: Minio, bucket: str, name: str = "a.jpg") -> None:
    client.put_object(bucket, name, io.BytesIO(b"picture"), 7)


def refusal(call: Callable[[], object]) -> str | None:
    try:
        call()
    except S3Error as error:
        return error.code
    return None


def test_the_archiver_writes_and_the_gateway_reads(clients: dict[str, Minio], place: S3Place) -> None:
    put(clients["archiver"], place.bucket)
    assert clients["gateway"].get_object(place.bucket, "a.jpg").data == b"picture"
    assert [found.object_name for found in clients["gateway"].list_objects(place.bucket)] == ["a.jpg"]


def test_the_gateway_changes_nothing(clients: dict[str, Minio], place: S3Place) -> None:
    gateway = clients["gateway"]
    put(clients["archiver"], place.bucket)
    assert refusal(lambda: put(gateway, place.bucket, "b.jpg")) == REFUSED
    assert refusal(lambda: gateway.remove_object(place.bucket, "a.jpg")) == REFUSED


def test_the_person_sees_the_bucket_and_may_delete_what_is_in_it(
    clients: dict[str, Minio], place: S3Place
) -> None:
    person = clients["nightjar"]
    put(clients["archiver"], place.bucket)
    person.remove_object(place.bucket, "a.jpg")
    assert [bucket.name for bucket in person.list_buckets()] == [place.bucket]


@pytest.mark.parametrize("user", sorted(RIGHTS))
def test_nobody_reaches_another_bucket(clients: dict[str, Minio], s3_server: S3Server, user: str) -> None:
    other = s3_server.make_bucket()
    assert refusal(lambda: list(clients[user].list_objects(other))) == REFUSED
    assert refusal(lambda: put(clients[user], other)) == REFUSED
    assert refusal(lambda: clients[user].make_bucket(f"new-{secrets.token_hex(4)}")) == REFUSED


def test_a_second_start_keeps_users_and_pictures(
    clients: dict[str, Minio], s3_server: S3Server, place: S3Place, users: dict[str, Key]
) -> None:
    put(clients["archiver"], place.bucket)
    prepare(place, root(s3_server), users)
    assert clients["gateway"].get_object(place.bucket, "a.jpg").data == b"picture"


def test_a_renewed_key_replaces_the_old_one(
    clients: dict[str, Minio], s3_server: S3Server, place: S3Place, users: dict[str, Key]
) -> None:
    renewed = Key(users["archiver"].access, secrets.token_hex(16))
    prepare(place, root(s3_server), users | {"archiver": renewed})
    assert refusal(lambda: put(clients["archiver"], place.bucket)) == "SignatureDoesNotMatch"
    put(Minio(place.host, renewed.access, renewed.secret, secure=False, region=place.region), place.bucket)


def test_a_wrong_root_key_is_said(s3_server: S3Server, place: S3Place, users: dict[str, Key]) -> None:
    with pytest.raises(UserError, match="does not know the root key of the secrets volume"):
        prepare(place, Key(s3_server.access_key, "not-the-secret"), users)


def test_a_server_that_is_not_there_yet_is_asked_again(users: dict[str, Key]) -> None:
    place = parse_archive_url("s3://kept?endpoint=http://127.0.0.1:1")
    assert isinstance(place, S3Place)
    with pytest.raises(NotYet, match="refused"):
        prepare(place, Key("root", "secret-secret"), users)
