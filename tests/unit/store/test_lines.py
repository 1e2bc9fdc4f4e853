"""What the short HTTP client makes of servers that answer in odd ways; over real sockets."""

import socket
import threading
from collections.abc import Iterator

import pytest

from services.store.lines import Answer, Lines, NoAnswer

HEAD, BODY = b"PUT /b/a HTTP/1.1\r\nhost: s3\r\nContent-Length: 4\r\n\r\n", b"jpeg"


class Scripted:
    """Answers each request on each connection with the next of these bytes; None closes instead."""

    def __init__(self, *answers: bytes | None) -> None:
        self._answers = list(answers)
        self.got: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._answers:
            connection, _ = self._listener.accept()
            self.connections += 1
            with connection:
                while self._answers and self._request(connection):
                    answer = self._answers.pop(0)
                    if answer is None:
                        break
                    for at in range(0, len(answer), 7):  # in pieces
                        connection.sendall(answer[at : at + 7])
        self._listener.close()

    def _request(self, connection: socket.socket) -> bool:
        got = b""
        while len(got) < len(HEAD + BODY):
            data = connection.recv(65536)
            if not data:
                return False
            got += data
        self.got.append(got)
        return True


@pytest.fixture
def made() -> Iterator[list[Lines]]:
    lines: list[Lines] = []
    yield lines
    for each in lines:
        each.break_off()


def to(server: Scripted, made: list[Lines]) -> Lines:
    made.append(Lines("127.0.0.1", server.port, None))
    return made[-1]


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: x\r\n\r\n"


def test_one_connection_serves_one_request_after_the_other(made: list[Lines]) -> None:
    server = Scripted(OK, OK)
    lines = to(server, made)
    assert lines.ask(HEAD, BODY) == Answer(200, {"content-length": "0", "etag": "x"}, b"")
    lines.ask(HEAD, BODY)
    assert server.got == [HEAD + BODY] * 2
    assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\n<xml>", 403, b"<xml>"),
        (
            b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<xm\r\n2;a=b\r\nl>\r\n0\r\n\r\n",
            500,
            b"<xml>",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    ],
    ids=["with a length", "in chunks", "after a word in between", "without a body"],
)
def test_an_answer_is_read_to_its_end(made: list[Lines], answer: bytes, status: int, body: bytes) -> None:
    server = Scripted(answer, OK)
    lines = to(server, made)
    found = lines.ask(HEAD, BODY)
    assert (found.status, found.body) == (status, body)
    assert lines.ask(HEAD, BODY).status == 200
    assert server.connections == 1


def test_a_connection_that_the_server_closes_is_not_used_again(made: list[Lines]) -> None:
    server = Scripted(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", OK)
    lines = to(server, made)
    lines.ask(HEAD, BODY)
    lines.ask(HEAD, BODY)
    assert server.connections == 2


def test_what_was_sent_on_a_connection_that_was_closed_meanwhile_is_sent_again(made: list[Lines]) -> None:
    server = Scripted(OK, None, OK)
    lines = to(server, made)
    lines.ask(HEAD, BODY)
    assert lines.ask(HEAD, BODY).status == 200
    assert server.connections == 2


def test_a_server_that_closes_a_new_connection_is_no_server(made: list[Lines]) -> None:
    with pytest.raises(NoAnswer):
        to(Scripted(None), made).ask(HEAD, BODY)


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n"])
def test_what_speaks_something_else_is_said(made: list[Lines], answer: bytes) -> None:
    with pytest.raises(ConnectionError, match="does not speak HTTP"):
        to(Scripted(answer), made).ask(HEAD, BODY)
