"""`exec:` cameras: a program that writes Motion JPEG, or one JPEG after the other, to standard output."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import PurePath

from services.capture.cameras.camera import CameraLost, CameraMisconfigured, CameraOptions, Picture, utc_now
from services.capture.cameras.chatter import Chatter
from services.capture.cameras.jpeg import complete
from services.capture.cameras.pace import FpsLimit
from services.capture.cameras.program import NotStarted, Program
from services.capture.cameras.sieve import Sieve
from services.contract.urls import parse_exec

_SLICE_S = 0.2


class ExecCamera:
    """Starts the program, and ends it when nobody takes its pictures any more. One that ends is lost."""

    def __init__(self, url: str, options: CameraOptions, now: Callable[[], datetime] = utc_now) -> None:
        self.skipped = 0
        self._words = parse_exec(url)
        self._name = PurePath(self._words[0]).name
        self._options, self._now = options, now

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        limit = FpsLimit(self._options.max_fps)
        chatter = Chatter(self._options.name, self._name)
        sieve = Sieve(self._name, self._options.max_bytes, self._options.stall_timeout_s)
        try:
            with Program(self._words, chatter.say) as program:
                for part in self._parts(program, chatter, stop):
                    dropped = sieve.dropped
                    jpegs = sieve.feed(part)
                    self.skipped += sieve.dropped - dropped
                    for jpeg in jpegs:
                        if limit.allows():
                            yield Picture(complete(jpeg), self._now())
                        if stop.is_set():
                            return
        except NotStarted as error:
            raise CameraMisconfigured(str(error)) from error

    def _parts(self, program: Program, chatter: Chatter, stop: threading.Event) -> Iterator[bytes]:
        """What the program writes, until `stop` is set. Raises `CameraLost` when it ends or says nothing."""
        patience_s = self._options.connect_timeout_s + self._options.stall_timeout_s  # it has to start first
        until_s = time.monotonic() + patience_s
        while not stop.is_set():
            part = program.read(_SLICE_S)
            if part:
                patience_s = self._options.stall_timeout_s
                yield part
                until_s = time.monotonic() + patience_s
            elif part is not None:
                raise CameraLost(self._end(program, chatter))
            elif time.monotonic() >= until_s:
                raise CameraLost(f"{self._name} writes nothing for {patience_s:g} s")

    def _end(self, program: Program, chatter: Chatter) -> str:
        code = program.wait(_SLICE_S)
        program.read(0)  # its last words
        if code is None:
            how = "closed its output"
        elif code < 0:
            how = f"was ended by {signal.Signals(-code).name}"
        else:
            how = f"ended with exit code {code}"
        return f"{self._name} {how}" + (f": {chatter.last}" if chatter.last else "")
