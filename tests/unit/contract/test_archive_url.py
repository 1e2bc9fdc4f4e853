"""Whoever writes `archive.url` wrongly reads a sentence that says how to write it."""

from pathlib import Path

import pytest

from services.contract.archive_url import (
    FolderPlace,
    HttpPlace,
    S3Place,
    check_archive_url,
    parse_archive_url,
)


def test_a_bucket_with_every_option() -> None:
    url = (
        "s3://my.bucket/some/prefix/?endpoint=https://s3.home:9000&region=eu-central-1&path_style=yes"
        "&ca_file=/etc/ca.pem"
    )
    assert parse_archive_url(url) == S3Place(
        bucket="my.bucket",
        prefix="some/prefix",
        host="s3.home:9000",
        secure=True,
        region="eu-central-1",
        path_style=True,
        ca_file=Path("/etc/ca.pem"),
    )


def test_a_bucket_without_an_endpoint_is_on_aws_over_https() -> None:
    place = parse_archive_url("s3://nightjar?region=eu-north-1")
    assert isinstance(place, S3Place)
    assert place.endpoint == "https://s3.eu-north-1.amazonaws.com"


def test_an_endpoint_says_whether_the_connection_is_encrypted() -> None:
    place = parse_archive_url("s3://nightjar?endpoint=http%3A%2F%2F127.0.0.1:9000/")
    assert isinstance(place, S3Place)
    assert (place.secure, place.host, place.endpoint) == (False, "127.0.0.1:9000", "http://127.0.0.1:9000")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///srv/night%20jar", "/srv/night jar"),
        ("file:data/archive", "data/archive"),
        ("file://localhost/srv", "/srv"),
        ("file:/srv", "/srv"),
    ],
)
def test_a_folder_is_absolute_or_relative(url: str, path: str) -> None:
    assert parse_archive_url(url) == FolderPlace(Path(path))


@pytest.mark.parametrize(
    "url", ["s3://abc", "file:///x", "s3://b-1/p?endpoint=http://[::1]:9000&path_style=0"]
)
def test_nothing_is_said_about_a_good_url(url: str) -> None:
    assert check_archive_url(url) is None


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "ftp://example.org/up",
            "archive.url does not know ftp://; it can be s3://, file: or https://, "
            "like s3://bucket/prefix?endpoint=http://s3:9000, file:///srv/nightjar or "
            "https://cloud.example.org/frames",
        ),
        (
            "/srv/nightjar",
            "archive.url needs a scheme; it can be s3://, file: or https://, "
            "like s3://bucket/prefix?endpoint=http://s3:9000, file:///srv/nightjar or "
            "https://cloud.example.org/frames",
        ),
        (
            "s3://[",
            "archive.url is no URL; write it like s3://bucket/prefix?endpoint=http://s3:9000, "
            "file:///srv/nightjar or https://cloud.example.org/frames",
        ),
        (
            "file://srv/nightjar",
            "archive.url file://srv… names a host; an absolute folder has three slashes, "
            "like file:///srv/nightjar, a relative one none, like file:archive",
        ),
        ("file:", "archive.url with file: needs a folder, like file:///srv/nightjar"),
        (
            "file:///srv?x=1",
            "archive.url with file: takes no options; write ? and # in a folder's name as %3F and %23",
        ),
        (
            "s3://key:hidden@bucket",
            "archive.url must not hold the key; write it as archive.access_key and archive.secret_key",
        ),
        (
            "s3://B",
            "archive.url names the bucket 'B'; a bucket has 3 to 63 of a-z, 0-9, '.' and '-', "
            "and begins and ends with a letter or digit",
        ),
        (
            "s3://bucket/a/../b",
            "archive.url names the prefix 'a/../b'; between its slashes go A-Z, a-z, 0-9 and !_.*'()=-",
        ),
        (
            "s3://bucket?endpint=http://s3",
            "archive.url does not know the option endpint; it knows endpoint, region, path_style, "
            "ca_file, sse, sse_key, storage_class, tags",
        ),
        ("s3://bucket?sse=rot13", "archive.url has the sse 'rot13'; it can be AES256 or aws:kms"),
        (
            "s3://bucket?sse=AES256&sse_key=x",
            "archive.url has an sse_key, which means something with sse=aws:kms alone",
        ),
        (
            "s3://bucket?storage_class=cold%20one",
            "archive.url names the storage_class 'cold one'; write it like STANDARD_IA",
        ),
        ("s3://bucket?tags=perhaps", "archive.url has a tags that is neither true nor false"),
        ("https://", "archive.url is no address to post to; write it like https://cloud.example.org/frames"),
        (
            "https://me:secret@cloud.example.org/up",
            "archive.url must not hold a login; write a bearer token as archive.token",
        ),
        (
            "http://cloud.example.org/up",
            "archive.url would send pictures and token to cloud.example.org in plain text; write https://, "
            "since http:// is for this machine and local networks",
        ),
        ("s3://bucket?region=a&region=b", "archive.url has the option region twice"),
        ("s3://bucket?region=", "archive.url has the option region without a value"),
        ("s3://bucket?region=a/b", "archive.url names the region 'a/b'; write it like region=eu-central-1"),
        ("s3://bucket#x", "archive.url ends in '#…', which means nothing here; write # as %23"),
        (
            "s3://bucket?endpoint=s3:9000",
            "archive.url has an endpoint that is no plain http or https address; write it like "
            "endpoint=http://s3:9000",
        ),
        (
            "s3://bucket?endpoint=http://s3:port",
            "archive.url has an endpoint that is no plain http or https address; write it like "
            "endpoint=http://s3:9000",
        ),
        (
            "s3://bucket?endpoint=http://user:hidden@s3",
            "archive.url has an endpoint that is no plain http or https address; write it like "
            "endpoint=http://s3:9000",
        ),
        (
            "s3://bucket?endpoint=http://s3&path_style=maybe",
            "archive.url has a path_style that is neither true nor false",
        ),
        (
            "s3://bucket?endpoint=http://s3&ca_file=ca.pem",
            "archive.url has a ca_file, but its endpoint is not https",
        ),
    ],
)
def test_each_mistake_has_its_sentence(url: str, sentence: str) -> None:
    assert check_archive_url(url) == sentence


@pytest.mark.parametrize(
    "url",
    [
        "https://cloud.example.org/frames?tenant=7",
        "http://127.0.0.1:8000/frames",
        "http://192.168.1.20/frames",
        "http://[::1]:8000/",
        "http://nas/frames",
        "http://nas.local/frames",
    ],
)
def test_somebodys_own_server_is_posted_to(url: str) -> None:
    assert parse_archive_url(url) == HttpPlace(url)


def test_what_may_be_secret_in_an_address_is_not_shown() -> None:
    assert HttpPlace("https://cloud.example.org/up?key=secret").origin == "https://cloud.example.org"


def test_what_is_asked_of_the_server_for_each_object() -> None:
    place = parse_archive_url("s3://bucket?sse=aws:kms&sse_key=k-1&storage_class=STANDARD_IA&tags=yes")
    assert isinstance(place, S3Place)
    assert (place.sse, place.sse_key, place.storage_class, place.tags) == (
        "aws:kms",
        "k-1",
        "STANDARD_IA",
        True,
    )
