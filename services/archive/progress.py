"""A line on a terminal that says how far a long work is."""

import sys
import time
from types import TracebackType
from typing import TextIO

from services.archive.words import size, span

REDRAW_S = 0.1
_WIDTH = 24


class Progress:
    """Used in a `with` block; draws nothing where nobody could see it. `noun` is what is counted."""

    def __init__(self, total: int, noun: str, out: TextIO | None = None) -> None:
        self._total = total
        self._noun = noun
        self._out = out or sys.stderr
        self._shown = self._out.isatty()
        self._began_s = time.monotonic()
        self._drawn_s = float("-inf")
        self._done = 0
        self._bytes = 0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def add(self, done: int = 0, read_bytes: int = 0) -> None:
        self._done += done
        self._bytes += read_bytes
        now_s = time.monotonic()
        if self._shown and now_s - self._drawn_s >= REDRAW_S:
            self._drawn_s = now_s
            self._out.write(f"\r{self.text(now_s - self._began_s)}\x1b[K")
            self._out.flush()

    def text(self, elapsed_s: float) -> str:
        """`[####····] 34 %  120/350 events  2.9 GB, 41.0 MB/s  3 min left`."""
        share = self._done / self._total if self._total else 1.0
        bar = "#" * int(share * _WIDTH)
        parts = [f"[{bar:·<{_WIDTH}}] {share:3.0%}", f"{self._done}/{self._total} {self._noun}"]
        if self._bytes and elapsed_s > 0:
            parts.append(f"{size(self._bytes)}, {size(self._bytes / elapsed_s)}/s")
        if 0 < share < 1 and elapsed_s > 1:
            parts.append(f"{span(elapsed_s / share - elapsed_s)} left")
        return "  ".join(parts)
