"""A URL that gives one picture at a time: asked for it over a connection that is kept where it can be."""

import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime

from services.capture.cameras.asking import BUFFER, Answer, Body, answered, ask
from services.capture.cameras.camera import CameraLost, CameraOptions, utc_now
from services.capture.cameras.http_message import NotHttp
from services.capture.cameras.line import Broken, Line
from services.capture.cameras.visit import Visit

Fetched = tuple[bytes, datetime]
"""A body, and when it was asked for."""

_VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}


class Still:
    """The picture behind a URL, whenever it is asked for; None where the camera says it is still the last."""

    def __init__(
        self,
        visit: Visit,
        options: CameraOptions,
        stop: threading.Event,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._start, self._options, self._stop, self._now = visit, options, stop, now
        self._visit = visit
        self._kept: Line | None = None
        self._news: dict[str, str] = {}  # the headers that ask for a picture only if it is a new one

    def close(self) -> None:
        if self._kept:
            self._kept.close()
            self._kept = None

    def fetch(self) -> Fetched | None:
        """Asks the camera. Raises `CameraLost`, `CameraMisconfigured` and `Stopped`."""
        try:
            return self.take(self._asked_again() or self._asked_anew())
        except NotHttp as error:
            raise CameraLost(f"{self._start.host} does not speak HTTP: {error}") from error

    def take(self, answer: Answer) -> Fetched | None:
        """What an answer brings; its line is kept or closed. Raises as `fetch` does, and `NotHttp`."""
        redirected = answer.visit.url != self._start.url
        self._visit = self._start if redirected else answer.visit.again()
        with ExitStack() as stack:
            stack.enter_context(answer.line)
            body, ended = (None, True) if answer.head.status == 304 else self._body(answer)
            if ended and answer.head.stays and not redirected:
                stack.pop_all()
                self._kept = answer.line
        if body is None:
            return None
        headers = answer.head.headers
        self._news = {ask: headers[name] for name, ask in _VALIDATORS.items() if name in headers}
        return body, answer.asked

    def _asked_again(self) -> Answer | None:
        """The answer on the line that was kept; None where there is none, or it is of no use any more."""
        line, self._kept = self._kept, None
        if line is None:
            return None
        with ExitStack() as stack:
            stack.enter_context(line)
            asked = self._now()
            with suppress(Broken, NotHttp):  # the camera closed it meanwhile, which shows only now
                head, body = ask(line, self._visit.request(self._news))
                if head.status in {200, 304}:
                    stack.pop_all()
                    return Answer(self._visit, line, head, body, asked)
        return None

    def _asked_anew(self) -> Answer:
        return answered(self._visit, self._options, self._stop, also=self._news, now=self._now)

    def _body(self, answer: Answer) -> tuple[bytes, bool]:
        """The body, and whether it was read to its end, so that another answer can follow it."""
        body, length, limit = bytearray(), answer.head.length, self._options.max_bytes
        rest, room = Body(answer), memoryview(bytearray(BUFFER))
        while (length is None or len(body) < length) and (count := rest.read_into(room)):
            body += room[:count]
            if len(body) > limit:
                raise CameraLost(f"{self._start.host} gives a picture of more than {limit >> 20} MB")
        if length is not None and len(body) >= length:
            return bytes(body[:length]), len(body) == length
        return bytes(body), answer.head.chunked
