"""Which store a URL means."""

from collections.abc import Callable
from pathlib import Path

from services.contract.archive_url import FolderPlace, HttpPlace, parse_archive_url
from services.store.base import Store
from services.store.folder import FolderStore
from services.store.keys import Key, KeyRing


def open_store(
    url: str,
    access_key: str | None = None,
    secret_key: str | None = None,
    *,
    token: str = "",
    ca_file: Path | None = None,
    threads: int = 8,
    read_key: Callable[[], Key] | None = None,
) -> Store:
    """The store behind `archive.url`; talks to nobody yet.

    `token` and `ca_file` are for `https://`. `threads`: how many will use it at once (connections are shared
    and not more than that). `read_key` says what the key is by now, when the store refuses it. Raises
    `ValueError` with a sentence where the URL or the key cannot be right.
    """
    keys = KeyRing(Key(access_key or "", secret_key or "", token), read_key)
    return open_store_with(keys, url, ca_file=ca_file, threads=threads)


def open_store_with(keys: KeyRing, url: str, *, ca_file: Path | None = None, threads: int = 8) -> Store:
    """The same, with keys that somebody else uses too."""
    place = parse_archive_url(url)
    if isinstance(place, FolderPlace):
        return FolderStore(place.path)
    if isinstance(place, HttpPlace):
        from services.store.http import HttpStore  # noqa: PLC0415 - as below

        return HttpStore(place, keys, threads, ca_file)
    if not keys.key.access or not keys.key.secret:
        raise ValueError("archive.url is on S3, which needs archive.access_key and archive.secret_key")
    from services.store.s3 import S3Store  # noqa: PLC0415 - whoever keeps events in a folder needs no minio

    return S3Store(place, keys, connections=threads)
