"""An HTTP server in front of another, that goes wrong in the way a test asks for: a store on a bad day.

    with FaultyProxy(s3_server.port) as proxy:
        proxy.fault = Answers(403, "AccessDenied")
        …
        proxy.fault = None

It understands requests, so that a fault begins with the next one, on connections that are open already. Host
and signature go through untouched: whoever signs for the proxy's address is let in behind it.
"""

import contextlib
import http.client
import random
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

_HOP = {"connection", "keep-alive", "transfer-encoding"}
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Exchange:
    """One request, which a fault may pass on, answer, delay or break off."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    forward: Callable[[bytes], tuple[int, list[tuple[str, str]], bytes]]
    answer: Callable[[int, list[tuple[str, str]], bytes], None]
    reset: Callable[[], None]
    ended: threading.Event  # the proxy ends, or is mended: whoever waits need not any more

    def pass_on(self) -> None:
        self.answer(*self.forward(self.body))


class Fault(Protocol):
    def __call__(self, exchange: Exchange) -> None: ...


@dataclass(frozen=True, slots=True)
class Answers:
    """Every request is answered so, with an S3 error in its body, and never reaches the server.

    403 with `AccessDenied` is a store that refuses, 507 with `XMinioStorageFull` a full one.
    """

    status: int
    code: str = "InternalError"
    message: str = "injected by a test"

    def __call__(self, exchange: Exchange) -> None:
        xml = f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>".encode()
        exchange.answer(self.status, [("Content-Type", "application/xml")], xml)


@dataclass(frozen=True, slots=True)
class Slow:
    """Every request takes so long, and then works."""

    seconds: float = 30.0

    def __call__(self, exchange: Exchange) -> None:
        exchange.ended.wait(self.seconds)
        exchange.pass_on()


@dataclass(frozen=True, slots=True)
class Resets:
    """Every connection is reset: before the request has reached the server."""

    def __call__(self, exchange: Exchange) -> None:
        exchange.reset()


@dataclass(frozen=True, slots=True)
class LosesAnswers:
    """The server does what it is asked, and the connection is reset before it can say so."""

    def __call__(self, exchange: Exchange) -> None:
        exchange.forward(exchange.body)
        exchange.reset()


@dataclass(frozen=True, slots=True)
class Hangs:
    """Requests are taken and never answered, until the fault is gone."""

    def __call__(self, exchange: Exchange) -> None:
        exchange.ended.wait()
        exchange.reset()


@dataclass(slots=True)
class Sometimes:
    """The fault happens to a part of the requests, drawn with a seed; the others are passed on."""

    fault: Fault
    chance: float
    seed: int = 0
    only: str = ""  # such as "PUT"; empty: every method
    _dice: random.Random = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def __call__(self, exchange: Exchange) -> None:
        with self._lock:
            strikes = self._dice.random() < self.chance
        if strikes and self.only in ("", exchange.method):
            self.fault(exchange)
        else:
            exchange.pass_on()


class FaultyProxy:
    """Listens on `port` of `host` and passes on to the target. Used with `with`.

    `fault` may be set at any time. `requests` notes method and path of what came, `busiest` how many were
    there at once. `down` refuses connections, as a server does that is not running, until `up`.
    """

    def __init__(
        self,
        target_port: int,
        *,
        target_host: str = "127.0.0.1",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._target = (target_host, target_port)
        self._host = host
        self._fault: Fault | None = None
        self._mended = threading.Event()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._at_once = 0
        self.busiest = 0
        self.requests: list[tuple[str, str]] = []
        self._server = self._listen(port)
        self.port: int = self._server.server_port

    @property
    def endpoint(self) -> str:
        return f"http://{self._host}:{self.port}"

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        """In force from the next request on; what waits in the fault before it goes on at once."""
        with self._lock:
            mended, self._mended = self._mended, threading.Event()
            self._fault = fault
        mended.set()

    def count(self, method: str) -> int:
        return sum(one == method for one, _ in list(self.requests))

    def __enter__(self) -> "FaultyProxy":
        self._serve()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def down(self) -> None:
        """Nobody listens, and who was connected is so no more."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        self.fault = self._fault  # lets go of who waits
        self.cut()
        self._thread.join(10)

    def up(self) -> None:
        """On the same port as before."""
        if self._server is None:
            self._server = self._listen(self.port)
            self._serve()

    def cut(self) -> None:
        """Everybody who is connected is so no more."""
        with self._lock:
            connected = list(self._sockets)
        for connection in connected:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _listen(self, port: int) -> Any:
        server = _Server((self._host, port), _handler(self))
        server.daemon_threads = True
        return server

    def _serve(self) -> None:
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="faulty-proxy", daemon=True
        )
        self._thread.start()

    # -- one request ---------------------------------------------------------------------------------------

    def _handle(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._lock:
            fault, ended = self._fault, self._mended
            self.requests.append((handler.command, handler.path))
            self._at_once += 1
            self.busiest = max(self.busiest, self._at_once)
        exchange = Exchange(
            handler.command,
            handler.path,
            dict(handler.headers.items()),
            body,
            forward=lambda sent: self._forward(handler, sent),
            answer=lambda *answer: _answer(handler, *answer),
            reset=lambda: _reset(handler),
            ended=ended,
        )
        try:
            (fault or Exchange.pass_on)(exchange)
        except OSError:  # either side has gone
            _reset(handler)
        finally:
            with self._lock:
                self._at_once -= 1

    def _forward(
        self, handler: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = self._connection(handler)
        try:
            connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() not in _HOP:
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error

    def _connection(self, handler: BaseHTTPRequestHandler) -> http.client.HTTPConnection:
        """To the server behind, one for each connection to us; made anew where it has been closed."""
        made = getattr(handler, "behind", None)
        if made is None:
            made = http.client.HTTPConnection(*self._target, timeout=60)
            handler.behind = made  # type: ignore[attr-defined]  # lives as long as the connection
        if made.sock is None:
            made.connect()  # which turns Nagle's algorithm off
        return made

    def _opened(self, connection: socket.socket, *, opened: bool) -> None:
        with self._lock:
            (self._sockets.add if opened else self._sockets.discard)(connection)


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """A client that has gone is what these tests are about."""


def _handler(proxy: FaultyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            proxy._opened(self.connection, opened=True)

        def finish(self) -> None:
            proxy._opened(self.connection, opened=False)
            with contextlib.suppress(OSError):
                super().finish()
            if behind := getattr(self, "behind", None):
                behind.close()

        def any_method(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            proxy._handle(self, body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = any_method  # noqa: N815  (http.server's names)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
            """Tests count what came."""

    return Handler


def _answer(
    handler: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], body: bytes
) -> None:
    handler.send_response_only(status)
    is_head = handler.command == "HEAD"
    for name, value in headers:
        if name.lower() not in _HOP and (is_head or name.lower() != "content-length"):
            handler.send_header(name, value)
    if not is_head:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if not is_head:
        handler.wfile.write(body)
    handler.wfile.flush()


def _reset(handler: BaseHTTPRequestHandler) -> None:
    """Closes with RST: the other side sees "connection reset by peer"."""
    handler.close_connection = True
    with contextlib.suppress(OSError):
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        handler.rfile.close()  # the socket is closed when the last of its files is
        handler.wfile.close()
        handler.connection.close()
