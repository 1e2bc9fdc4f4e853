"""A small browser: requests with cookies, live streams part by part, server-sent events one by one."""

import base64
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import urlencode

TIMEOUT_S = 10.0
END_OF_PART = b"\r\n--nightjar\r\n"
BASIC = {"Authorization": f"Basic {base64.b64encode(b'admin:secret').decode()}"}
HTML = {"Accept": "text/html"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Browser:
    """Keeps the cookie that it was given; sends paths just as they are written."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, headers: Mapping[str, str] = {}, method: str = "GET") -> Answer:
        return self._ask(method, path, headers, None)

    def post(self, path: str, form: Mapping[str, str] = {}, headers: Mapping[str, str] = {}) -> Answer:
        typed = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._ask("POST", path, typed, urlencode(form).encode())

    def log_in(self, password: str = "secret", user: str = "admin", onward: str = "/") -> Answer:
        return self.post("/login", {"user": user, "password": password, "next": onward})

    def csrf(self) -> str:
        """The token that our pages carry for their forms."""
        return self.get("/", HTML).text.partition('data-csrf="')[2].partition('"')[0]

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, body, {**self.headers, **headers})
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        if cookie := answer.headers.get("Set-Cookie"):
            self.headers["Cookie"] = cookie.partition(";")[0]
        return answer


@dataclass(frozen=True, slots=True)
class Part:
    """One picture of a live stream."""

    headers: Message
    jpeg: bytes

    @property
    def sequence(self) -> int:
        return int(self.headers["X-Sequence"])


class LongAnswer:
    """An answer that does not end; with a small `buffer` the kernel keeps little of what is not read."""

    def __init__(
        self, port: int, path: str, headers: Mapping[str, str] = BASIC, buffer: int | None = None
    ) -> None:
        self._socket = socket.socket()
        self._socket.settimeout(TIMEOUT_S)
        if buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.connect(("127.0.0.1", port))
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", *(f"{k}: {v}" for k, v in headers.items())]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._file = self._socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.headers = http.client.parse_headers(self._file)

    def __enter__(self) -> "LongAnswer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def half_close(self) -> None:
        """Nothing will be said any more, but still be heard."""
        self._socket.shutdown(socket.SHUT_WR)

    def say(self, data: bytes) -> None:
        self._socket.sendall(data)

    def ended(self) -> bool:
        """Whether the server has closed it, after all that is still on its way."""
        try:
            while self._file.read1(65536):
                pass
        except ConnectionResetError:
            pass
        return True

    def parts(self) -> Iterator[Part]:
        """A live stream's pictures, until the server ends it."""
        assert self._file.readline() == b"--nightjar\r\n"
        with suppress(ConnectionResetError):
            while length := (headers := http.client.parse_headers(self._file))["Content-Length"]:
                jpeg = self._file.read(int(length))
                end = self._file.read(len(END_OF_PART))
                if len(end) < len(END_OF_PART):
                    return
                assert end == END_OF_PART
                yield Part(headers, jpeg)

    def changes(self) -> Iterator[tuple[str, Any]]:
        """Server-sent events as `(name, data)`; they come in chunks of HTTP."""
        name = ""
        for line in self._lines_of_chunks():
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                yield name, json.loads(line[6:])

    def _lines_of_chunks(self) -> Iterator[str]:
        rest = b""
        while size := int(self._file.readline(), 16):
            *lines, rest = (rest + self._file.read(size)).split(b"\n")
            self._file.readline()
            yield from (line.decode() for line in lines)


class Viewer(threading.Thread):
    """Takes every picture as soon as it comes, until the stream ends."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__(daemon=True)
        self.seen: list[Part] = []
        self.stream = LongAnswer(port, path)
        self.start()

    def run(self) -> None:
        for part in self.stream.parts():
            self.seen.append(part)

    def shows(self, jpeg: bytes) -> bool:
        return bool(self.seen) and self.seen[-1].jpeg == jpeg

    @property
    def sequences(self) -> list[int]:
        return [part.sequence for part in self.seen]
