"""A line to a server that a test may cut, freeze, mend, and put TLS on."""

import contextlib
import selectors
import socket
import ssl
import threading


class Wire:
    """Listens on `port` of 127.0.0.1 and carries bytes to and from `target`; `connections` counts who came.

    Frozen, it takes what the system takes and carries nothing, as a server does that hangs. Used with `with`.
    """

    def __init__(self, target: int, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._tls = tls
        self._server = socket.create_server(("127.0.0.1", port))
        self.port: int = self._server.getsockname()[1]
        self.connections = 0
        self._flows = threading.Event()
        self._flows.set()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._ended = False

    def __enter__(self) -> "Wire":
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.thaw()
        self.cut()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def cut(self) -> None:
        """Everybody who is connected is so no more."""
        for side in tuple(self._open):  # each carrier takes its own out
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def freeze(self) -> None:
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    def _start(self, target: object, *arguments: socket.socket) -> None:
        thread = threading.Thread(target=target, args=arguments, name="wire", daemon=True)  # type: ignore[arg-type]  # any of our methods
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._carry, near)

    def _carry(self, near: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(near)
            try:
                if self._tls:
                    near.settimeout(5)
                    near = stack.enter_context(self._tls.wrap_socket(near, server_side=True))
                far = stack.enter_context(socket.create_connection(("127.0.0.1", self._target)))
            except OSError:
                return
            self._open += [near, far]
            with contextlib.suppress(OSError):
                self._exchange(near, far)
            self._open.remove(near)
            self._open.remove(far)

    def _exchange(self, near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in selector.select():
                    self._flows.wait()
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    data = source.recv(65536)
                    while isinstance(source, ssl.SSLSocket) and source.pending():
                        data += source.recv(65536)
                    if not data:
                        return
                    key.data.sendall(data)
