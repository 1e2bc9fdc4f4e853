"""What must survive a restart: the schedules that run, and each slice until the archiver has answered."""

import logging
from pathlib import Path
from typing import Any

from services.contract.handover import SliceHandover
from services.runtime.state import StateFile

log = logging.getLogger(__name__)


class Memory:
    """A camera's folder: `running.json`, and a file per slice that was handed over. For one thread.

    A disk that does not take it costs the memory, never a picture.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = StateFile(folder / "running.json")
        self._problem = ""

    def running(self) -> dict[str, Any]:
        """What was kept last; empty where there is nothing."""
        return self._running.read()

    def slices(self) -> list[SliceHandover]:
        """Those that were not answered, oldest first; what is damaged is left out."""
        found = []
        for path in sorted(self._folder.glob("*-*.json")):
            try:
                found.append(SliceHandover.model_validate(StateFile(path).read()))
            except ValueError:
                log.warning("%s is no slice of an experiment and is ignored", path)
        return found

    def keep_running(self, state: dict[str, Any]) -> None:
        self._write(self._running, state)

    def keep_slice(self, handover: SliceHandover) -> None:
        self._write(StateFile(self._path(handover.event)), handover.model_dump(mode="json", by_alias=True))

    def forget_slice(self, event: str) -> None:
        try:
            self._path(event).unlink(missing_ok=True)
        except OSError as error:
            self._complain(error)

    def _path(self, event: str) -> Path:
        return self._folder / f"{event}.json"

    def _write(self, file: StateFile, state: dict[str, Any]) -> None:
        try:
            file.write(state)
            self._problem = ""
        except OSError as error:
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        problem = f"experiments cannot be remembered ({(error.strerror or str(error)).lower()})"
        if problem != self._problem:
            log.error("%s in %s: a restart would begin them anew", problem, self._folder)
        self._problem = problem
