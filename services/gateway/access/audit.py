"""Who logged in, who failed to, and who changed what: in the log, and in a file of bounded size."""

import json
import logging
import os
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

log = logging.getLogger("nightjar.audit")

MAX_BYTES = 1_000_000
LATEST = 200

#: What a handler wants to stand beside its path: never anything secret.
SAID = web.RequestKey("said", str)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of it."""

    time: str
    who: str
    address: str
    what: str


class Audit:
    """Appends to a file; at a megabyte it begins anew and keeps one before it."""

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path
        self._now = now
        self._broken = False

    def note(self, who: str, address: str, what: str, *, level: int = logging.INFO) -> None:
        entry = Entry(f"{self._now():%Y-%m-%dT%H:%M:%S.%fZ}", who[:80], address, what[:400])
        log.log(level, "%s from %s: %s", _printable(entry.who), entry.address, _printable(entry.what))
        try:
            self._append(json.dumps(asdict(entry), ensure_ascii=False))
        except OSError as error:
            if not self._broken:
                log.warning(
                    "%s cannot be written (%s): only this log has the rest", self._path, error.strerror
                )
            self._broken = True

    def failed(self, user: str, address: str) -> None:
        """Somebody tried to log in."""
        self.note(user, address, "failed to log in", level=logging.WARNING)

    def change(self, who: str, request: web.Request) -> None:
        """A request changed something; what it was is its path, and what its handler says in `SAID`."""
        said = f": {request[SAID]}" if SAID in request else ""
        self.note(who, request.remote or "", f"{request.method} {request.path}{said}")

    def latest(self, most: int = LATEST) -> list[Entry]:
        """The newest first."""
        lines: deque[str] = deque(maxlen=most)
        for path in (self._before, self._path):
            try:
                with path.open(encoding="utf-8") as file:
                    lines.extend(file)
            except FileNotFoundError:
                continue
        return [Entry(**json.loads(line)) for line in reversed(lines) if line.endswith("}\n")]

    @property
    def _before(self) -> Path:
        return self._path.with_suffix(".before.jsonl")

    def _append(self, line: str) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size > MAX_BYTES:
            self._path.replace(self._before)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(line + "\n")


def _printable(text: str) -> str:
    """A name that somebody typed makes no lines of its own in a log."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
