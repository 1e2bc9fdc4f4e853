"""Somebody's own cloud endpoint: takes forms with pictures, checks the token, and notes what came."""

import email.parser
import email.policy
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class Post:
    """One form: its fields as text, and its one file."""

    fields: dict[str, str]
    part: str
    name: str
    content_type: str
    data: bytes


@dataclass
class PostServer:
    """Listens on loopback; answers `status` to whoever has the token, and 401 to others. Used with `with`."""

    token: str = "right"
    status: int = 200
    tls: ssl.SSLContext | None = None
    posts: list[Post] = field(default_factory=list)
    asked: int = 0

    def __enter__(self) -> "PostServer":
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.asked += 1
                is_known = self.headers.get("Authorization") == f"Bearer {owner.token}"
                status = owner.status if is_known else 401
                if 200 <= status < 300:
                    owner.posts.append(_parse(self.headers["Content-Type"], body))
                self.send_response(status)
                if status in (301, 302, 307, 308):
                    self.send_header("Location", "https://elsewhere.example.org/frames")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
                """Tests look at what came."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if self.tls:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._server.server_port}/frames?tenant=7"


def _parse(content_type: str, body: bytes) -> Post:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields: dict[str, str] = {}
    for part in form.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        if file := part.get_filename():
            return Post(fields, str(name), file, part.get_content_type(), data)
        fields[str(name)] = data.decode()
    raise AssertionError("a form without a file")
