"""A program of the user's: started in a process group of its own, listened to, and ended with all of it."""

import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Self

_AT_ONCE = 256 << 10
_GRACE_S = 1.0  # between the request to end and the end
_LONGEST_LINE = 500


class NotStarted(Exception):
    """The program is not there, or is none; the text is one sentence."""


class Program:
    """`with` starts it and ends it, its children included. It has no input, and none of our own secrets.

    `on_line` is told each line that it writes to standard error.
    """

    def __init__(self, words: Sequence[str], on_line: Callable[[str], None]) -> None:
        self.name = words[0]
        self._words, self._on_line = words, on_line
        self._line = b""
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        try:
            self._process = subprocess.Popen(
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={name: value for name, value in os.environ.items() if not name.startswith("NIGHTJAR_")},
                start_new_session=True,
            )
        except FileNotFoundError:
            raise NotStarted(
                f'there is no program "{self.name}"; install it, or write its whole path'
            ) from None
        except OSError as error:
            raise NotStarted(f'the program "{self.name}" cannot be started: {error.strerror}') from error
        for pipe in self._pipes():
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signal(signal.SIGTERM)
        self._selector.close()
        for pipe in self._pipes():  # so that it is not held up by what nobody reads any more
            pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_S)
        self._signal(signal.SIGKILL)  # also for those whom the program left behind
        self._process.wait()

    def read(self, timeout_s: float) -> bytes | None:
        """What it writes to standard output; None where nothing comes in time, empty at the end."""
        came: bytes | None = None
        for key, _ in self._selector.select(timeout_s):
            data = os.read(key.fd, _AT_ONCE)
            if not data:
                self._selector.unregister(key.fileobj)
            if key.fileobj is self._process.stdout:
                came = data
            else:
                self._listen(data)
        return came

    def wait(self, timeout_s: float) -> int | None:
        """Its exit code, minus the signal's number where one ended it; None while it lives."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def _pipes(self) -> list[IO[bytes]]:
        return [pipe for pipe in (self._process.stdout, self._process.stderr) if pipe]

    def _listen(self, data: bytes) -> None:
        *lines, rest = (self._line + data).replace(b"\r", b"\n").split(b"\n")
        self._line = rest[-_LONGEST_LINE:] if data else b""
        for line in [*lines, rest] if not data else lines:
            if text := line[:_LONGEST_LINE].decode("utf-8", "replace").strip():
                self._on_line(text)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # it is gone already
            os.killpg(self._process.pid, number)
