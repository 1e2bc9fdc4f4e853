"""`/livez`, `/healthz` and `/metrics` on an internal port that is never published."""

import json
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from services.contract.settings import split_address
from services.runtime.errors import UserError


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A probe that does not wait for its answer is nobody's mistake; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # whatever it is


class _ServerV6(_Server):
    address_family = socket.AF_INET6


class HealthServer:
    """Answers for this process.

    `/livez` fails never while the process can answer: a thread that dies takes the process down by itself,
    and a broker, a camera or a store that is away is no reason to restart. `/healthz` is readiness: 503 with
    the sentences of what is missing.
    """

    def __init__(self, listen: str, problems: Callable[[], list[str]], metrics: CollectorRegistry) -> None:
        self._listen = listen
        self._problems = problems
        self._metrics = metrics
        self.port = 0

    def open(self) -> None:
        """Begins to listen. Raises UserError where the address is taken."""
        try:
            host, port = split_address(self._listen)
            server = _ServerV6 if ":" in host else _Server
            self._server = server((host, port), self._handler())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UserError(
                f"cannot listen on {self._listen} for health and metrics ({reason}):"
                " set health.listen (NIGHTJAR_HEALTH__LISTEN) to another address"
            ) from None
        self._server.daemon_threads = True
        self.port = self._server.server_port

    def run(self, stop: threading.Event) -> None:
        """Answers until `stop`; `open` comes first."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="health", daemon=True)
        thread.start()
        stop.wait()
        self._server.shutdown()
        self._server.server_close()
        thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        problems, metrics = self._problems, self._metrics

        class Handler(BaseHTTPRequestHandler):
            timeout = 10  # of a client that says nothing

            def do_GET(self) -> None:
                if self.path == "/livez":
                    self._answer(200, "text/plain", b"alive\n")
                elif self.path == "/healthz":
                    wrong = problems()
                    body = json.dumps({"ready": not wrong, "problems": wrong}).encode()
                    self._answer(503 if wrong else 200, "application/json", body)
                elif self.path == "/metrics":
                    self._answer(200, CONTENT_TYPE_LATEST, generate_latest(metrics))
                else:
                    self._answer(404, "text/plain", b"there are /livez, /healthz and /metrics\n")

            def _answer(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
                """Probes are asked every few seconds; nobody wants to read that."""

        return Handler
