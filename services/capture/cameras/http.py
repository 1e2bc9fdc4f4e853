"""`http:` and `https:` cameras: Motion JPEG, or one picture at a time, as the camera compressed them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import PurePosixPath

from services.capture.cameras.asking import Answer, Body, answered
from services.capture.cameras.camera import CameraLost, CameraMisconfigured, CameraOptions, Picture, utc_now
from services.capture.cameras.http_message import NotHttp
from services.capture.cameras.jpeg import complete
from services.capture.cameras.line import Stopped
from services.capture.cameras.pace import FpsLimit
from services.capture.cameras.sieve import Sieve
from services.capture.cameras.still import Still
from services.capture.cameras.stills import Stills
from services.capture.cameras.visit import Visit
from services.contract.picture_files import SUFFIXES

_SAYS_NOTHING = frozenset(("", "application/octet-stream"))


class HttpCamera:
    """One request, one endless answer; or one picture, which is then asked for again and again.

    A stream that ends after some pictures is asked for again at once; it counts as lost when it has none.
    """

    def __init__(self, url: str, options: CameraOptions, now: Callable[[], datetime] = utc_now) -> None:
        self.skipped = 0
        self._visit = Visit.to(url, options.token)
        self._options, self._now = options, now

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        limit = FpsLimit(self._options.max_fps)
        try:
            while True:
                answer = answered(self._visit, self._options, stop, now=self._now)
                if _is_still(answer):
                    yield from self._stills(answer, stop)
                    return
                came = False
                for jpeg in self._stream(answer):
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

    def _stream(self, answer: Answer) -> Iterator[bytes]:
        """The JPEGs of one connection."""
        host, options = self._visit.host, self._options
        sieve = Sieve(host, options.max_bytes, options.stall_timeout_s)
        with answer.line:
            _check_type(answer, host)
            body = Body(answer)
            while count := body.read_into(sieve.room()):
                dropped = sieve.dropped
                jpegs = sieve.took(count)
                self.skipped += sieve.dropped - dropped
                yield from jpegs

    def _stills(self, first: Answer, stop: threading.Event) -> Iterator[Picture]:
        with closing(Still(self._visit, self._options, stop, self._now)) as still:
            stills = Stills(still, self._visit.host, self._options, on_skipped=self._count_skipped)
            yield from stills.pictures(first, stop)

    def _count_skipped(self, count: int) -> None:
        self.skipped += count


def _is_still(answer: Answer) -> bool:
    """Whether this is one picture: the Content-Type says so, or, where it says nothing, the extension."""
    kind = answer.head.content_type
    if kind in _SAYS_NOTHING:
        return PurePosixPath(answer.visit.url.path).suffix.lower() in SUFFIXES
    return kind.startswith("image/")


def _check_type(answer: Answer, host: str) -> None:
    """Raises `CameraMisconfigured` where the answer is neither a stream nor a picture."""
    kind = answer.head.content_type
    if kind.startswith("text/") or kind in {"application/json", "application/xml"}:
        raise CameraMisconfigured(
            f"{host} answers with {kind}; give the URL of its MJPEG stream or of its picture"
        )
