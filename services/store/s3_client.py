"""The S3 client of a store: bounded connections, bounded waits, no retries of its own."""

import contextlib
import socket
import ssl
from weakref import WeakSet

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


class Connections(urllib3.PoolManager):
    """A pool whose connections can be broken off while somebody waits for an answer on them."""

    def __init__(self, most: int, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            maxsize=most,
            block=True,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_S, read=TRANSFER_S),
            ssl_context=tls,
        )
        made = self._made = WeakSet[HTTPConnection]()

        class Http(_Http):
            def connect(self) -> None:
                made.add(self)
                super().connect()

        class Https(_Https):
            def connect(self) -> None:
                made.add(self)
                super().connect()

        class HttpPool(urllib3.HTTPConnectionPool):
            ConnectionCls = Http

        class HttpsPool(urllib3.HTTPSConnectionPool):
            ConnectionCls = Https

        self.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}

    def break_off(self) -> None:
        """Whoever waits on one of them gets an error now."""
        for connection in list(self._made):
            if connection.sock is not None:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)
        self.clear()


def connect(place: S3Place, access_key: str, secret_key: str, connections: int) -> tuple[Minio, Connections]:
    """A client for many threads, and its pool; talks to nobody yet.

    Raises `ValueError` with a sentence where there is no certificate in `ca_file`.
    """
    pool = Connections(connections, _tls(place) if place.secure else None)
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
