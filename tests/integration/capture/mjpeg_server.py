"""A camera on 127.0.0.1 that answers each connection as the test says, however badly."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

MULTIPART = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"


@dataclass(slots=True)
class Connection:
    """One client: what it asked for, and the way to answer."""

    request: str
    socket: socket.socket
    closing: threading.Event
    requests: list[str]

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.socket.sendall(part)

    def part(self, jpeg: bytes) -> None:
        self.send(b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg), jpeg, b"\r\n")

    def again(self) -> bool:
        """Waits for the next request on this connection; False when the camera's client has closed it."""
        head = _head(self.socket)
        if head:
            self.requests.append(head)
        self.request = head
        return bool(head)

    def hang(self) -> None:
        """Says no more and stays, until the test is over."""
        self.closing.wait(30)


def _head(talk: socket.socket) -> str:
    """A request up to its empty line; empty where none comes."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        if not (more := talk.recv(4096)):
            return ""
        head += more
    return head.decode()


Answer = Callable[[Connection], None]


@dataclass(slots=True)
class MjpegServer:
    """`requests` are those that came, each as its whole head, over so many `connections`."""

    port: int
    connections: int = 0
    requests: list[str] = field(default_factory=list)

    def url(self, path: str = "/live", login: str = "", scheme: str = "http") -> str:
        return f"{scheme}://{login}127.0.0.1:{self.port}{path}"


@contextmanager
def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[MjpegServer]:
    """The server, each connection in a thread of its own, closed after `answer` returns."""
    closing, threads = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        server = MjpegServer(listener.getsockname()[1])

        def converse(client: socket.socket) -> None:
            with suppress(OSError), client:
                client.settimeout(10)
                with tls.wrap_socket(client, server_side=True) if tls else client as talk:
                    head = _head(talk)
                    if head:
                        server.requests.append(head)
                        server.connections += 1
                        answer(Connection(head, talk, closing, server.requests))

        def accept() -> None:
            while not closing.is_set():
                with suppress(TimeoutError):
                    client, _ = listener.accept()
                    threads.append(threading.Thread(target=converse, args=(client,), name="camera"))
                    threads[-1].start()

        threads.append(threading.Thread(target=accept, name="camera-listener"))
        threads[0].start()
        try:
            yield server
        finally:
            closing.set()
            for thread in threads:
                thread.join(10)
