"""HTTP/1.1 with as little as a request of one known kind needs: the archiver's uploads spend their time here.

urllib3 and http.client take as long for a request as the kernel takes to send 100 KB, this a tenth of that.
Redirects, proxies and cookies are none of its business.
"""

import contextlib
import socket
import ssl
import threading
import weakref
from dataclasses import dataclass, field

from urllib3.exceptions import ConnectTimeoutError

from services.store import connections

_END = b"\r\n\r\n"
#: No answer of a store is longer; what is, is none.
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers by lower-case name, and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class NoAnswer(ConnectionError):
    """The connection ended before an answer began: it may have been closed while nobody used it."""


@dataclass(slots=True, eq=False)
class _Line:
    """One connection; `rest` are bytes that came and were not asked for yet."""

    socket: socket.socket
    is_used: bool = False
    rest: bytes = field(default=b"")

    def ask(self, head: bytes, body: bytes) -> Answer:
        self._send(head, body)
        lines = self._until(_END).split(b"\r\n")
        while lines[0].startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):  # a word in between
            lines = self._until(_END).split(b"\r\n")
        version, _, words = lines[0].partition(b" ")
        if not version.startswith(b"HTTP/1.") or not words[:3].isdigit():
            raise ConnectionError("what answers there does not speak HTTP")
        headers = {
            name.strip().lower().decode("latin-1"): text.strip().decode("latin-1")
            for name, _, text in (line.partition(b":") for line in lines[1:])
        }
        self.is_used = True
        return Answer(int(words[:3]), headers, self._body(headers))

    def _send(self, head: bytes, body: bytes) -> None:
        if isinstance(self.socket, ssl.SSLSocket):
            self.socket.sendall(head)
            self.socket.sendall(body)
            return
        sent = self.socket.sendmsg([head, body])
        if sent < len(head) + len(body):  # seldom: more than the kernel takes at once
            self.socket.sendall(memoryview(head + body)[sent:])

    def _body(self, headers: dict[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", ""):
            return self._chunks()
        if "content-length" in headers:
            return self._bytes(int(headers["content-length"]))
        return b""

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self._until(b"\r\n").partition(b";")[0], 16):
            found += self._bytes(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return found

    def _until(self, end: bytes) -> bytes:
        while end not in self.rest:
            self._more()
        found, _, self.rest = self.rest.partition(end)
        return found

    def _bytes(self, count: int) -> bytes:
        while len(self.rest) < count:
            self._more()
        found, self.rest = self.rest[:count], self.rest[count:]
        return found

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise NoAnswer("it closed the connection")
        self.rest += data
        if len(self.rest) > _MOST_BYTES:
            raise ConnectionError("its answer has no end")


class Lines:
    """Connections to one server, as many as are used at a time, kept open in between. Thread-safe."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._idle: list[_Line] = []
        self._open: set[_Line] = set()
        self._lock = threading.Lock()
        weakref.finalize(self, _close, self._open)

    def ask(self, head: bytes, body: bytes) -> Answer:
        """Sends a request that may be sent twice, and waits for its answer. Raises OSError."""
        while True:
            line = self._take()
            try:
                answer = line.ask(head, body)
            except (NoAnswer, ConnectionResetError, BrokenPipeError):
                self._drop(line)
                if line.is_used:  # a server may close what is idle, just when we send
                    continue
                raise
            except BaseException:
                self._drop(line)
                raise
            self._give_back(line, answer)
            return answer

    def break_off(self) -> None:
        """Whoever waits for an answer gets an error now."""
        with self._lock:
            idle, self._idle = self._idle, []
            waiting = self._open - set(idle)
        for line in idle:
            self._drop(line)
        for line in waiting:
            line.is_used = False  # what they asked is not asked again
            with contextlib.suppress(OSError):
                line.socket.shutdown(socket.SHUT_RDWR)

    def _take(self) -> _Line:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        line = _Line(self._connect())
        with self._lock:
            self._open.add(line)
        return line

    def _connect(self) -> socket.socket:
        try:
            made = socket.create_connection((self._host, self._port), connections.CONNECT_S)
        except TimeoutError as error:
            raise ConnectTimeoutError("it does not answer") from error
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.settimeout(connections.TRANSFER_S)
        if self._tls is None:
            return made
        try:
            return self._tls.wrap_socket(made, server_hostname=self._host)
        except BaseException:
            made.close()
            raise

    def _give_back(self, line: _Line, answer: Answer) -> None:
        if answer.headers.get("connection", "").lower() == "close" or line.rest:
            self._drop(line)
        else:
            with self._lock:
                self._idle.append(line)

    def _drop(self, line: _Line) -> None:
        with self._lock:
            self._open.discard(line)
        line.socket.close()


def _close(lines: set[_Line]) -> None:
    for line in lines:
        line.socket.close()
