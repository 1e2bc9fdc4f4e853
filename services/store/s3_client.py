"""The S3 client of a store: bounded connections, bounded waits, no retries of its own."""

import ssl

import urllib3
from minio import Minio
from urllib3.connection import HTTPConnection, HTTPSConnection

from services.contract.archive_url import S3Place

CONNECT_S = 5.0
TRANSFER_S = 30.0  # to send a request, and for each piece of the answer


class _Http(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _allow_time(self)


class _Https(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _allow_time(self)


def _allow_time(connection: HTTPConnection) -> None:
    """urllib3 would have a new connection's first request sent whole within the time to connect."""
    connection.sock.settimeout(TRANSFER_S)


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


def connect(
    place: S3Place, access_key: str, secret_key: str, connections: int
) -> tuple[Minio, urllib3.PoolManager]:
    """A client for many threads, and its pool; talks to nobody yet.

    Raises `ValueError` with a sentence where there is no certificate in `ca_file`.
    """
    pool = urllib3.PoolManager(
        maxsize=connections,
        block=True,
        retries=False,
        timeout=urllib3.Timeout(connect=CONNECT_S, read=TRANSFER_S),
        ssl_context=_tls(place) if place.secure else None,
    )
    pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    # the region is given, so nobody asks the server for the bucket's
    client = Minio(
        place.host, access_key, secret_key, secure=place.secure, region=place.region, http_client=pool
    )
    if place.path_style is True:
        client.disable_virtual_style_endpoint()  # type: ignore[no-untyped-call] # minio's own gap
    elif place.path_style is False:
        client.enable_virtual_style_endpoint()  # type: ignore[no-untyped-call] # minio's own gap
    return client, pool


def _tls(place: S3Place) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=place.ca_file)
    except OSError:
        raise ValueError(
            f"archive.url names the ca_file {place.ca_file}, which holds no certificate"
        ) from None
