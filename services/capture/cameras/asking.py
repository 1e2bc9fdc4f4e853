"""From a URL to a camera's answer: connecting, encrypting, logging in and following where it leads."""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from services.capture.cameras.camera import CameraMisconfigured, CameraOptions, utc_now
from services.capture.cameras.http_message import Dechunker, Head, NotHttp, parse_head
from services.capture.cameras.line import Line, NotTrusted, connect
from services.capture.cameras.tls import check_pin, context_for, not_trusted, unverified
from services.capture.cameras.visit import Visit

BUFFER = 256 << 10
_VISITS = 8  # redirects and logins until the picture must have come
_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a camera says, on a line that stands where its body goes on after `begun`.

    `asked` is when the request went out that brought it.
    """

    visit: Visit
    line: Line
    head: Head
    begun: bytes
    asked: datetime


class Body:
    """The whole body of an answer, as it comes, until the camera ends it."""

    def __init__(self, answer: Answer) -> None:
        self._line = answer.line
        self._chunks = Dechunker() if answer.head.chunked else None
        self._here = memoryview(self._chunks.feed(answer.begun) if self._chunks else answer.begun)
        self._coded = memoryview(bytearray(BUFFER if self._chunks else 0))

    def read_into(self, room: memoryview) -> int:
        """How many bytes came into the room; 0 at the end. Raises as the line does, and `NotHttp`."""
        while not self._here:
            if self._chunks is None:
                return self._line.receive_into(room)
            if self._chunks.ended or not (count := self._line.receive_into(self._coded)):
                return 0
            self._here = memoryview(self._chunks.feed(self._coded[:count]))
        count = min(len(room), len(self._here))
        room[:count], self._here = self._here[:count], self._here[count:]
        return count


def answered(
    visit: Visit,
    options: CameraOptions,
    stop: threading.Event,
    *,
    also: Mapping[str, str] | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Answer:
    """The answer that is no login and no redirect any more: 200, or 304 where `also` asks for news only.

    The caller closes its line. Raises `CameraLost`, `CameraMisconfigured`, `NotHttp` and `Stopped`.
    """
    host = visit.host
    for _ in range(_VISITS):
        with ExitStack() as stack:
            line = stack.enter_context(visit_line(visit, options, stop))
            asked = now()
            head, body = ask(line, visit.request(also))
            if head.status in {200, 304}:
                stack.pop_all()
                return Answer(visit, line, head, body, asked)
            visit = visit.after(head)
    raise CameraMisconfigured(f"{host} redirects in a circle; check the URL's path")


def visit_line(visit: Visit, options: CameraOptions, stop: threading.Event) -> Line:
    """A connection to where the visit goes, encrypted where its scheme says so."""
    scheme, port = visit.url.scheme, visit.url.port or _PORTS[visit.url.scheme]

    def connected() -> Line:
        return connect(
            visit.host,
            port,
            stop,
            connect_timeout_s=options.connect_timeout_s,
            stall_timeout_s=options.stall_timeout_s,
        )

    with ExitStack() as stack:
        line = stack.enter_context(connected())
        if scheme == "rtsps":  # FFmpeg, which is about to follow, checks no certificate
            line.secure(visit.host, unverified())
        elif scheme == "https":
            where = f"{visit.host}:{port}"
            try:
                certificate = line.secure(visit.host, context_for(options))
            except NotTrusted as error:
                # Only a connection that takes any certificate tells which it was; nothing else goes over it.
                with connected() as other:
                    raise not_trusted(other.secure(visit.host, unverified()), where, str(error)) from error
            if options.certificate_sha256:
                check_pin(certificate, options.certificate_sha256, where)
        stack.pop_all()
    return line


def ask(line: Line, request: bytes) -> tuple[Head, bytes]:
    """Sends the request; answers the answer's head, and what of its body came along."""
    line.send(request)
    came, buffer = bytearray(), bytearray(BUFFER)
    while count := line.receive_into(buffer):
        came += memoryview(buffer)[:count]
        if parsed := parse_head(came):
            head, at = parsed
            return head, bytes(came[at:])
    raise NotHttp("it closes the connection without an answer")
