"""An answer's head and its chunks are read in whatever pieces they come."""

from urllib.parse import urlsplit

import pytest

from services.capture.cameras.auth import Login
from services.capture.cameras.http_message import Dechunker, NotHttp, login_of, parse_head, request, target_of


def test_a_head_is_read_when_it_is_complete() -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Type: Multipart/x-mixed-replace; boundary=b\r\n\r\n--b"
    assert parse_head(data[:60]) is None
    parsed = parse_head(data)
    assert parsed is not None
    head, at = parsed
    assert (head.status, head.reason, head.content_type) == (200, "OK", "multipart/x-mixed-replace")
    assert data[at:] == b"--b"


@pytest.mark.parametrize("first", [b"ICY 200 OK", b"HTTP/1.0 200", b"RTSP/1.0 200 OK"])
def test_what_old_cameras_say_is_understood(first: bytes) -> None:
    parsed = parse_head(first + b"\nServer: x\n\n")
    assert parsed is not None
    assert (parsed[0].status, parsed[0].headers["server"]) == (200, "x")


def test_a_head_without_fields() -> None:
    parsed = parse_head(b"HTTP/1.0 404 Not Found\r\n\r\n")
    assert parsed is not None
    assert (parsed[0].status, parsed[0].reason, parsed[0].content_type) == (404, "Not Found", "")


@pytest.mark.parametrize("data", [b"SSH-2.0-x\r\n\r\n", b"x" * 70_000])
def test_what_is_no_answer_is_said_to_be_so(data: bytes) -> None:
    with pytest.raises(NotHttp):
        parse_head(data)


@pytest.mark.parametrize("piece", [1, 2, 5, 100])
def test_chunks_come_off_in_any_pieces(piece: int) -> None:
    data = b"5\r\nhello\r\n1;x=y\r\n \r\nA\r\nworld, hi!\r\n0\r\n\r\n"
    chunks = Dechunker()
    body = b"".join(chunks.feed(data[at : at + piece]) for at in range(0, len(data), piece))
    assert body == b"hello world, hi!"
    assert chunks.ended


@pytest.mark.parametrize("data", [b"xyz\r\n", b"5" * 2000, b"\r\n"])
def test_what_are_no_chunks_is_said_to_be_so(data: bytes) -> None:
    with pytest.raises(NotHttp):
        Dechunker().feed(data)


def test_a_target_cannot_end_the_request_line() -> None:
    url = urlsplit("http://cam/a b/%20?q=x y&z=\u00e4/b")
    assert target_of(url) == "/a%20b/%20?q=x%20y&z=%C3%A4/b"
    assert target_of(urlsplit("http://cam")) == "/"
    assert request("GET", "/", "HTTP/1.1", {"Host": "cam"}) == b"GET / HTTP/1.1\r\nHost: cam\r\n\r\n"


def test_a_header_cannot_begin_another() -> None:
    assert b"\r\nX: 1" not in request("GET", "/", "HTTP/1.1", {"Authorization": 'Digest realm="a\r\nX: 1"'})


def test_a_login_is_unquoted() -> None:
    assert login_of(urlsplit("http://ad%6Din:p%40ss%2Fword@cam/")) == Login("admin", "p@ss/word")
    assert login_of(urlsplit("http://cam/")) is None


@pytest.mark.parametrize(
    ("head", "length", "stays"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 12", 12, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: Close", 12, False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 12", 12, False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 12\r\nConnection: Keep-Alive", 12, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nTransfer-Encoding: Chunked", None, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many", None, True),
        (b"HTTP/1.1 200 OK", None, True),
    ],
)
def test_a_head_says_how_long_the_body_is_and_whether_another_may_follow(
    head: bytes, length: int | None, stays: bool
) -> None:
    parsed = parse_head(b"\r\n" + head + b"\r\n\r\n")
    assert parsed is not None
    assert (parsed[0].length, parsed[0].stays) == (length, stays)
