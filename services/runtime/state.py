"""A small file that survives a restart and a power cut."""

import contextlib
import fcntl
import json
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.runtime.errors import UserError

log = logging.getLogger(__name__)


class StateFile:
    """A JSON object on disk: replaced as a whole, fsynced, and written only when it changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._written: str | None = None

    def read(self) -> dict[str, Any]:
        """What was written last; empty where there is nothing. A damaged file is set aside, not lost.

        Raises UserError where it may not be read.
        """
        try:
            text = self._path.read_text(encoding="utf-8")
            data = json.loads(text)
            if not isinstance(data, dict):
                raise ValueError("not an object")
        except FileNotFoundError:
            return {}
        except ValueError as error:
            aside = self._path.with_suffix(".damaged")
            self._path.replace(aside)
            log.warning("%s is damaged (%s) and was moved to %s; starting afresh", self._path, error, aside)
            return {}
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UserError(
                f"cannot read {self._path} ({reason}): let this user have it, or set state_dir"
            ) from None
        self._written = text
        return data

    def write(self, data: dict[str, Any]) -> None:
        """Returns when it is on disk. Raises OSError where it cannot be."""
        text = json.dumps(data, indent=1, sort_keys=True)
        with self._lock:
            if text == self._written:
                return
            replace_file(self._path, text.encode())
            self._written = text


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds a folder for this process; raises UserError where another one has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"another Nightjar is running on {folder}: stop it, or set state_dir (NIGHTJAR_STATE_DIR)"
            ) from None
        yield


def replace_file(path: Path, content: bytes, mode: int = 0o600) -> None:
    """The file holds either its old or its new content, whatever happens; durable on return."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
