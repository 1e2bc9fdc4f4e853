"""A camera that gives what the test says, and a clock that moves as it does so."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from services.capture.cameras.camera import Picture

NOW = datetime(2026, 11, 20, 8, 30, 12, tzinfo=UTC)


class Scripted:
    """Gives each JPEG `step_s` after the one before; `now_s` is its clock's time."""

    def __init__(self, jpegs: Sequence[bytes], step_s: float = 1.0, encoded_from: str = "") -> None:
        self.skipped = 0
        self.now_s = 0.0
        self.closed = False
        self._jpegs, self._step_s, self._encoded_from = jpegs, step_s, encoded_from

    def clock(self) -> float:
        return self.now_s

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        try:
            for jpeg in self._jpegs:
                self.now_s += self._step_s
                yield Picture(jpeg, NOW, self._encoded_from)
        finally:
            self.closed = True
