"""A TCP or TLS connection whose every wait ends soon after `stop` is set."""

import contextlib
import errno
import os
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from services.capture.cameras.camera import CameraLost, CameraMisconfigured

T = TypeVar("T")
Address = tuple[Any, ...]  # as the socket module has it: it depends on the family
_SLICE_S = 0.2  # how long a wait lasts before it looks at `stop`


class Stopped(Exception):
    """`stop` was set while waiting."""


class Broken(CameraLost):
    """The connection was there, and is no more."""


class NotTrusted(CameraMisconfigured):
    """The other side's certificate is not what we believe; the text says why, without saying whose."""


class Line:
    """A connection to one camera; foreign errors come out as `CameraLost` or `CameraMisconfigured`."""

    def __init__(self, sock: socket.socket, where: str, stop: threading.Event, timeout_s: float) -> None:
        self._sock, self._where, self._stop, self._timeout_s = sock, where, stop, timeout_s

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._sock.close()

    def send(self, data: bytes) -> None:
        while data:
            data = data[self._patiently(self._sock.send, data) :]

    def receive_into(self, buffer: bytearray | memoryview) -> int:
        """How many bytes came; 0 where the other side closed. Raises `CameraLost` when none come in time."""
        return self._patiently(self._sock.recv_into, buffer)

    def _patiently(self, attempt: Callable[..., T], *arguments: Any) -> T:
        until = time.monotonic() + self._timeout_s
        while True:
            try:
                return attempt(*arguments)
            except TimeoutError:
                if self._stop.is_set():
                    raise Stopped from None
                if time.monotonic() >= until:
                    raise CameraLost(f"nothing came from {self._where} for {self._timeout_s:g} s") from None
            except ssl.SSLCertVerificationError as error:
                raise NotTrusted(error.verify_message) from error
            except OSError as error:
                raise Broken(f"the connection to {self._where} broke: {error.strerror or error}") from error

    def secure(self, host: str, context: ssl.SSLContext) -> bytes:
        """Goes on under TLS; answers the other side's certificate, in DER. Raises `NotTrusted`."""
        sock = context.wrap_socket(self._sock, server_hostname=host, do_handshake_on_connect=False)
        self._sock = sock
        sock.settimeout(_SLICE_S)
        self._patiently(sock.do_handshake)
        return sock.getpeercert(binary_form=True) or b""


def connect(
    host: str,
    port: int,
    stop: threading.Event,
    *,
    connect_timeout_s: float,
    stall_timeout_s: float,
) -> Line:
    """A connection to the first of the host's addresses that answers. Raises `Stopped`, `CameraLost`."""
    where = f"{host}:{port}"
    until = time.monotonic() + connect_timeout_s
    addresses = _resolve(host, port, stop, until)
    problem = CameraLost(f"{where} does not answer")
    for place, (family, address) in enumerate(addresses):
        share_s = (until - time.monotonic()) / (len(addresses) - place)
        sock = socket.socket(family, socket.SOCK_STREAM)
        line = Line(sock, where, stop, stall_timeout_s)
        try:
            _connect(sock, address, stop, share_s)
            return line
        except OSError as error:
            line.close()
            if isinstance(error, ConnectionRefusedError):
                problem = CameraLost(f"{where} refuses the connection")
        except BaseException:
            line.close()
            raise
    raise problem


def _connect(sock: socket.socket, address: Address, stop: threading.Event, wait_s: float) -> None:
    """As `socket.connect`, also in what it raises, but it also ends when `stop` is set."""
    until = time.monotonic() + wait_s
    sock.setblocking(False)
    state = sock.connect_ex(address)
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        while state == errno.EINPROGRESS:
            if stop.is_set():
                raise Stopped
            if time.monotonic() >= until:
                raise TimeoutError
            if selector.select(_SLICE_S):
                state = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                break
    if state:
        raise OSError(state, os.strerror(state))
    sock.settimeout(_SLICE_S)


def _resolve(host: str, port: int, stop: threading.Event, until: float) -> list[tuple[int, Address]]:
    """The host's addresses; the resolver cannot be interrupted, so it is left behind when we cannot wait."""
    found: list[tuple[int, Address]] = []

    def look_up() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend((family, address) for family, _, _, _, address in infos)

    thread = threading.Thread(target=look_up, name=f"resolve-{host}", daemon=True)
    thread.start()
    while thread.is_alive() and time.monotonic() < until:
        thread.join(_SLICE_S)
        if stop.is_set():
            raise Stopped
    if not found:
        raise CameraLost(f'the host "{host}" is not known')
    return found
