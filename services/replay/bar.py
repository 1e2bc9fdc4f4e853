"""A line on a terminal that says how far a replay is."""

import sys
import time
from types import TracebackType
from typing import TextIO

REDRAW_S = 0.1
_WIDTH = 24


class Bar:
    """Used in a `with` block; draws nothing where nobody could see it."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._shown = self._out.isatty()
        self._began_s = time.monotonic()
        self._drawn_s = float("-inf")

    def __enter__(self) -> "Bar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def show(self, done: int, of: int) -> None:
        """So many frames of so many (0: not known)."""
        now_s = time.monotonic()
        if self._shown and now_s - self._drawn_s >= REDRAW_S:
            self._drawn_s = now_s
            self._out.write(f"\r{text(done, of, now_s - self._began_s)}\x1b[K")
            self._out.flush()


def text(done: int, of: int, elapsed_s: float) -> str:
    """`[####····] 34 %  1200/3500 frames  820 a second  3 s left`."""
    rate = done / elapsed_s if elapsed_s > 0 else 0.0
    parts = [f"{done}/{of} frames" if of else f"{done} frames", f"{rate:.0f} a second"]
    if of:
        share = min(1.0, done / of)
        parts.insert(0, f"[{'#' * int(share * _WIDTH):·<{_WIDTH}}] {share:3.0%}")
        if rate and elapsed_s > 1:
            parts.append(f"{(of - done) / rate:.0f} s left")
    return "  ".join(parts)
