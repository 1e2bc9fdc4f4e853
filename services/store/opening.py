"""Which store a URL means."""

from services.contract.archive_url import FolderPlace, parse_archive_url
from services.store.base import Store
from services.store.folder import FolderStore


def open_store(
    url: str, access_key: str | None = None, secret_key: str | None = None, *, threads: int = 8
) -> Store:
    """The store behind `archive.url`; talks to nobody yet.

    `threads`: how many will use it at once (connections to S3 are shared and not more than that).
    Raises `ValueError` with a sentence where the URL or the key cannot be right.
    """
    place = parse_archive_url(url)
    if isinstance(place, FolderPlace):
        return FolderStore(place.path)
    if not access_key or not secret_key:
        raise ValueError("archive.url is on S3, which needs archive.access_key and archive.secret_key")
    from services.store.s3 import S3Store  # noqa: PLC0415 - whoever keeps events in a folder needs no minio

    return S3Store(place, access_key, secret_key, connections=threads)
