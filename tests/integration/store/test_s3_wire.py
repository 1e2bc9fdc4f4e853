"""What an S3 store sends and how long it waits, seen by a small server of our own."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services.store import Store, StoreRejected, StoreUnavailable, connections, open_store


class _Answers(ThreadingHTTPServer):
    """Takes every request, and answers it with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Answers

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers, body))
        self.send_response(self.server.status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"<p>")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[_Answers]:
    with _Answers() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="s3-stand-in")
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def opened(port: int) -> Iterator[Store]:
    store = open_store(f"s3://events/home?endpoint=http://127.0.0.1:{port}", "key", "secret")
    yield store
    store.close()


@pytest.mark.parametrize("size", [1, 100_000, 12 << 20])
def test_one_object_is_one_request_that_carries_its_checksum(server: _Answers, size: int) -> None:
    with opened(server.server_port) as store:
        store.put("door/a.jpg", bytes(size))
    ((method, path, headers, body),) = server.requests
    assert (method, path, len(body)) == ("PUT", "/events/home/door/a.jpg", size)
    assert headers["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, StoreUnavailable), (503, StoreUnavailable), (404, StoreUnavailable), (413, StoreRejected)],
)
def test_what_a_proxy_answers_is_understood_and_not_asked_again(
    server: _Answers, status: int, kind: type[Exception]
) -> None:
    server.status = status
    with opened(server.server_port) as store, pytest.raises(kind, match=rf"\(HTTP {status}\)") as caught:
        store.put("a", b"x")
    assert (type(caught.value), len(server.requests)) == (kind, 1)


def test_sending_may_take_longer_than_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener, opened(listener.getsockname()[1]) as store:
        sending = threading.Thread(target=store.put, args=("a", bytes(8 << 20)), name="sending")
        sending.start()
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as received:
            sending.join(0.5)  # nobody reads, as on a slow line
            headers = list(iter(received.readline, b"\r\n"))
            (length,) = (int(line.split()[1]) for line in headers if line.startswith(b"Content-Length"))
            received.read(length)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            sending.join()


def test_a_server_that_never_answers_is_given_up_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "TRANSFER_S", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        opened(listener.getsockname()[1]) as store,
        pytest.raises(StoreUnavailable, match="takes too long to answer"),
    ):
        store.put("a", b"x")
