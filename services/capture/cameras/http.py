"""`http:` and `https:` cameras: Motion JPEG passed through as the camera compressed it."""

import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from datetime import datetime

from services.capture.cameras.camera import CameraLost, CameraMisconfigured, CameraOptions, Picture, utc_now
from services.capture.cameras.http_message import Dechunker, Head, NotHttp, parse_head
from services.capture.cameras.jpeg import complete
from services.capture.cameras.line import Line, Stopped, connect
from services.capture.cameras.mjpeg import MjpegParser
from services.capture.cameras.pace import FpsLimit
from services.capture.cameras.visit import Visit

_BUFFER = 256 << 10
_VISITS = 8  # redirects and logins until the picture must have come


class HttpCamera:
    """One request, one endless answer.

    A camera that closes after some pictures is asked again at once; it counts as lost when it gives none.
    """

    def __init__(self, url: str, options: CameraOptions, now: Callable[[], datetime] = utc_now) -> None:
        self.skipped = 0
        self._visit = Visit.to(url)
        self._options, self._now = options, now

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        limit = FpsLimit(self._options.max_fps)
        try:
            while True:
                came = False
                with closing(self._jpegs(stop)) as jpegs:
                    for jpeg in jpegs:
                        came = True
                        if limit.allows():
                            yield Picture(complete(jpeg), self._now())
                        if stop.is_set():
                            return
                if not came:
                    raise CameraLost(f"{self._visit.host} closes the connection without a picture")
        except Stopped:
            return
        except NotHttp as error:
            raise CameraLost(f"{self._visit.host} does not speak HTTP: {error}") from error

    def _jpegs(self, stop: threading.Event) -> Generator[bytes]:
        """What one connection gives."""
        parser = MjpegParser(self._options.max_bytes)
        line, head, body = self._open(stop)
        with line:
            _check_type(head, self._visit.host)
            last_s = time.monotonic()
            for part in _parts(line, head, body):
                dropped = parser.dropped
                jpegs = parser.feed(part)
                self.skipped += parser.dropped - dropped
                if jpegs:
                    last_s = time.monotonic()
                elif time.monotonic() - last_s > self._options.stall_timeout_s:
                    raise CameraLost(f"{self._visit.host} sends data, but no JPEG among it")
                yield from jpegs

    def _open(self, stop: threading.Event) -> tuple[Line, Head, bytes]:
        """The connection on which the camera says 200, and what of the body came with that."""
        visit = self._visit
        for _ in range(_VISITS):
            with ExitStack() as stack:
                line = stack.enter_context(visit_line(visit, self._options, stop))
                head, body = ask(line, visit.request())
                if head.status == 200:
                    stack.pop_all()
                    return line, head, body
                visit = visit.after(head)
        raise CameraMisconfigured(f"{self._visit.host} redirects in a circle; check the URL's path")


def visit_line(visit: Visit, options: CameraOptions, stop: threading.Event) -> Line:
    """A connection to where the visit goes, encrypted where its scheme says so."""
    scheme, context = visit.url.scheme, None
    if scheme == "https" and options.verify_tls:
        context = ssl.create_default_context()
    elif scheme in {"https", "rtsps"}:  # FFmpeg, which is about to follow, checks no certificate of rtsps
        context = _unverified()
    default_port = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}[scheme]
    return connect(
        visit.host,
        visit.url.port or default_port,
        stop,
        connect_timeout_s=options.connect_timeout_s,
        stall_timeout_s=options.stall_timeout_s,
        tls=context,
    )


def _unverified() -> ssl.SSLContext:
    """Encrypted, but whoever answers is believed: cameras sign their own certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def ask(line: Line, request: bytes) -> tuple[Head, bytes]:
    """Sends the request; answers the answer's head, and what of its body came along."""
    line.send(request)
    came, buffer = bytearray(), bytearray(_BUFFER)
    while count := line.receive_into(buffer):
        came += memoryview(buffer)[:count]
        if parsed := parse_head(came):
            head, at = parsed
            return head, bytes(came[at:])
    raise NotHttp("it closes the connection without an answer")


def _parts(line: Line, head: Head, first: bytes) -> Iterator[bytes | memoryview]:
    """The body, as it comes, until the camera ends it."""
    chunks = Dechunker() if "chunked" in head.headers.get("Transfer-Encoding", "").lower() else None
    yield chunks.feed(first) if chunks else first
    buffer = bytearray(_BUFFER)
    view = memoryview(buffer)
    while not (chunks and chunks.ended) and (count := line.receive_into(buffer)):
        yield chunks.feed(view[:count]) if chunks else view[:count]


def _check_type(head: Head, host: str) -> None:
    """Raises `CameraMisconfigured` where the answer is no stream; a type that says nothing is let pass."""
    if head.content_type in {"image/jpeg", "image/jpg"}:
        raise CameraMisconfigured(f"{host} answers with one picture; give the URL of its MJPEG stream")
    if head.content_type.startswith("text/") or head.content_type in {"application/json", "application/xml"}:
        raise CameraMisconfigured(
            f"{host} answers with {head.content_type}; give the URL of its MJPEG stream"
        )
