"""The one line that says how it goes: cameras, fps, events, archived, lost."""

import logging
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TextIO

from services.contract.message import Message
from services.contract.status import ArchiverStats, CaptureStats, MotionStats

Accounts = Mapping[str, Callable[[], Mapping[str, Message]]]

REDRAW_S = 0.5
#: Where nobody can watch a line change (a file, a pipe), it is written now and then.
SAY_AGAIN_S = 30.0


def status_line(accounts: Accounts) -> str:
    """What the services account for, in one line."""
    capture = [each for each in accounts["capture"]().values() if isinstance(each, CaptureStats)]
    motion = [each for each in accounts["motion"]().values() if isinstance(each, MotionStats)]
    archiver = [each for each in accounts["archiver"]().values() if isinstance(each, ArchiverStats)]
    live = sum(each.fps > 0 for each in capture)
    lost = sum(each.lost for each in capture) + sum(each.missing for each in motion)
    lost += sum(each.failed for each in archiver)
    parts = (
        f"cameras {live}/{len(capture)}",
        f"fps {sum(each.fps for each in capture):.1f}",
        f"events {sum(each.events for each in motion)}",
        f"archived {_archived(archiver)}",
        f"lost {lost}",
    )
    return "  ".join(parts)


def farewell(accounts: Accounts, place: str) -> str:
    """What there is to say at the end: what was archived, and where it is."""
    archiver = [each for each in accounts["archiver"]().values() if isinstance(each, ArchiverStats)]
    return f"Stopped. Archived: {_archived(archiver)} in {place}"


def _archived(archiver: list[ArchiverStats]) -> str:
    events, frames = sum(each.events for each in archiver), sum(each.stored for each in archiver)
    size = sum(each.stored_bytes for each in archiver) / 1e6
    return f"{events} event{'' if events == 1 else 's'} ({frames} frames, {size:.0f} MB)"


class StatusLine:
    """Keeps the line at the bottom of a terminal, under whatever is logged meanwhile."""

    def __init__(self, text: Callable[[], str], out: TextIO = sys.stdout) -> None:
        self._text = text
        self._out = out
        self._terminal = out.isatty()
        self._lock = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Redraws until `stop`."""
        if self._terminal:
            self._keep_logs_above()
        while not stop.wait(REDRAW_S if self._terminal else SAY_AGAIN_S):
            with self._lock:
                self._draw()
        if self._terminal:
            with self._lock:
                self._out.write("\r\x1b[K")
                self._out.flush()

    def _draw(self) -> None:
        before, after = ("\r\x1b[K", "") if self._terminal else ("", "\n")
        self._out.write(f"{before}{self._text()}{after}")
        self._out.flush()

    def _keep_logs_above(self) -> None:
        for handler in logging.getLogger().handlers:
            emit = handler.emit

            def above(record: logging.LogRecord, emit: Callable[[logging.LogRecord], None] = emit) -> None:
                with self._lock:
                    self._out.write("\r\x1b[K")
                    self._out.flush()
                    emit(record)
                    self._draw()

            handler.emit = above  # type: ignore[method-assign]  # the one hook that a handler offers
