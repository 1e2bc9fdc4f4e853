"""The S3 client of a store: bounded connections, bounded waits, no retries of its own."""

import ssl

from minio import Minio
from minio.credentials.credentials import Credentials
from minio.credentials.providers import Provider

from services.contract.archive_url import S3Place
from services.store.connections import Connections
from services.store.keys import Key, KeyRing


class Credential(Provider):
    """The key in force, as minio's client asks for it with each request."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._made: tuple[Key, Credentials] | None = None

    def retrieve(self) -> Credentials:
        key, made = self._ring.key, self._made
        if made is None or made[0] is not key:
            self._made = made = (key, Credentials(key.access, key.secret))
        return made[1]


def connect(place: S3Place, credential: Credential, connections: int) -> tuple[Minio, Connections]:
    """A client for many threads, and its pool; talks to nobody yet.

    Raises `ValueError` with a sentence where there is no certificate in `ca_file`.
    """
    pool = Connections(connections, tls_of(place) if place.secure else None)
    # the region is given, so nobody asks the server for the bucket's
    client = Minio(
        place.host,
        secure=place.secure,
        region=place.region,
        http_client=pool,
        credentials=credential,
    )
    if place.path_style is True:
        client.disable_virtual_style_endpoint()  # type: ignore[no-untyped-call] # minio's own gap
    elif place.path_style is False:
        client.enable_virtual_style_endpoint()  # type: ignore[no-untyped-call] # minio's own gap
    return client, pool


def tls_of(place: S3Place) -> ssl.SSLContext:
    """Raises `ValueError` with a sentence where there is no certificate in `ca_file`."""
    try:
        return ssl.create_default_context(cafile=place.ca_file)
    except OSError:
        raise ValueError(
            f"archive.url names the ca_file {place.ca_file}, which holds no certificate"
        ) from None
