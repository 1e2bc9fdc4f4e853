"""Pooled connections of a store: bounded, with bounded waits, no retries, and an end to all waiting."""

import contextlib
import socket
import ssl
from weakref import WeakSet

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

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


def root_cause(error: BaseException) -> str:
    """What the system said last of it."""
    reason = "it broke the connection off"
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, OSError) and at.strerror:
            reason = at.strerror.lower()
        at = at.__cause__ or at.__context__
    return reason
