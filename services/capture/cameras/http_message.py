"""The little of HTTP/1.1 (RFC 9112), shared with RTSP, that a camera needs: a request, a head, chunks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from urllib.parse import SplitResult, quote, unquote

from services.capture.cameras.auth import Login

MAX_HEAD = 64 << 10
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
# An old audio server's "ICY 200" is still spoken by some cameras.
_STATUS = re.compile(rb"(HTTP/1\.\d|RTSP/1\.\d|ICY)[ \t]+(\d{3})[ \t]*([^\r\n]*)")


class NotHttp(ValueError):
    """What came is no answer."""


@dataclass(frozen=True, slots=True)
class Head:
    """An answer up to its body."""

    status: int
    reason: str
    headers: Message
    protocol: str = "HTTP/1.1"

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def chunked(self) -> bool:
        return "chunked" in self.headers.get("Transfer-Encoding", "").lower()

    @property
    def length(self) -> int | None:
        """The body's bytes, as the head says; None where it says nothing, or nothing sensible."""
        text = self.headers.get("Content-Length", "").strip()
        return int(text) if re.fullmatch(r"[0-9]{1,12}", text) and not self.chunked else None

    @property
    def stays(self) -> bool:
        """Whether the connection may be used again once the body is read (RFC 9112, 9.3)."""
        connection = self.headers.get("Connection", "").lower()
        if self.protocol == "HTTP/1.1":
            return "close" not in connection
        return "keep-alive" in connection


def request(method: str, target: str, protocol: str, headers: Mapping[str, str]) -> bytes:
    """The bytes of a request without a body."""
    # A camera's realm comes back in our headers: it must not begin a new one.
    fields = (f"{name}: {' '.join(value.splitlines())}" for name, value in headers.items())
    lines = [f"{method} {target} {protocol}", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def parse_head(data: bytes | bytearray) -> tuple[Head, int] | None:
    """An answer's head and where its body begins; None while bytes are missing. Raises `NotHttp`."""
    # What follows a chunked body on a connection that is used again may still be its last line end.
    begin = len(data) - len(data.lstrip(b"\r\n"))
    end = _END_OF_HEAD.search(data, begin)
    if end is None:
        if len(data) > MAX_HEAD:
            raise NotHttp("the answer's head has no end")
        return None
    status = _STATUS.match(data, begin)
    if status is None:
        raise NotHttp("the answer is none")
    fields = bytes(data[status.end() : end.start()]).lstrip(b"\r\n")
    headers = BytesHeaderParser().parsebytes(fields)
    reason, protocol = status[3].decode("latin-1").strip(), status[1].decode()
    return Head(int(status[2]), reason, headers, protocol), end.end()


def target_of(url: SplitResult) -> str:
    """What to ask the host for, without anything that does not belong into a request line."""
    path = quote(url.path or "/", safe="/%:=&~+!$,;'@()*")
    return f"{path}?{quote(url.query, safe='/%:=&~+!$,;@()*?')}" if url.query else path


def login_of(url: SplitResult) -> Login | None:
    return Login(unquote(url.username), unquote(url.password or "")) if url.username else None


class Dechunker:
    """Takes the chunked transfer coding off a body, as its bytes come."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._left = 0  # bytes of the chunk that is being read, its line end included
        self.ended = False

    def feed(self, data: bytes | bytearray | memoryview) -> bytes:
        """The body's bytes among these. Raises `NotHttp`."""
        self._pending += data
        body = bytearray()
        while not self.ended and self._pending:
            if self._left > 2:
                part = self._pending[: self._left - 2]
                body += part
                self._forget(len(part))
            elif self._left:
                self._forget(min(self._left, len(self._pending)))
            elif not self._begin_chunk():
                break
        return bytes(body)

    def _forget(self, count: int) -> None:
        del self._pending[:count]
        self._left -= count

    def _begin_chunk(self) -> bool:
        line, newline, _ = self._pending.partition(b"\n")
        size = line.partition(b";")[0].strip()
        if not newline:
            if len(line) > 1024:
                raise NotHttp("a chunk's size has no end")
            return False
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size):
            raise NotHttp("a chunk has no size")
        del self._pending[: len(line) + 1]
        self._left = int(size, 16) + 2
        self.ended = self._left == 2
        return True
