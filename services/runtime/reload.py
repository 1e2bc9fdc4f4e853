"""Reads `nightjar.yaml` again when it changes: cameras come and go without a restart.

The file is looked at by its path every second, not watched: an editor may write it in place or put another
in its place, a bind mount or a ConfigMap may hide the difference, and notifications do not cross all of them.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from services.contract.settings import Settings
from services.runtime.config import ConfigErrors
from services.runtime.errors import UserError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
#: What takes effect at once; everything else is read at the next start.
AT_ONCE = ("cameras", "defaults")


class Reconfigured(Protocol):
    """A service that follows the configuration while it runs."""

    def reconfigure(self, settings: Settings) -> None:
        """Returns when the cameras are those of `settings`; called in a thread of its own."""

    def complain(self, problem: str) -> None:
        """What is wrong with the new configuration, so that the old one holds; empty: nothing any more."""


class Reload:
    """Looks at the file, and tells services of it when it has been the same in two looks: written to its end.

    A file that is wrong changes nothing; what is wrong is logged and told, until it is mended.
    """

    def __init__(
        self,
        path: Path,
        read: Callable[[], Settings],
        in_force: Settings,
        services: list[Reconfigured],
    ) -> None:
        """`read` gives the settings of the file as it is now, or raises UserError."""
        self._path = path
        self._read = read
        self._in_force = in_force
        self._services = services
        self._seen = self._taken = self._content()

    def run(self, stop: threading.Event) -> None:
        """Looks until `stop`."""
        while not stop.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """One look."""
        before, self._seen = self._seen, self._content()
        if self._seen == before and self._seen != self._taken:
            self._taken = self._seen
            self._take()

    def _content(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except OSError:
            return None

    def _take(self) -> None:
        try:
            settings = self._read()
        except UserError as error:
            self._refuse(error)
            return
        for service in self._services:
            service.complain("")
            service.reconfigure(settings)
        self._say_what_changed(settings)
        self._in_force = settings

    def _refuse(self, error: UserError) -> None:
        log.error("%s; the configuration of before stays in force", error)
        wrong = error.problems if isinstance(error, ConfigErrors) else [str(error)]
        for service in self._services:
            service.complain(f"the configuration was changed and is not in force: {'; '.join(wrong)}")

    def _say_what_changed(self, settings: Settings) -> None:
        before, now = self._in_force.cameras, settings.cameras
        parts = {
            "new": sorted(now.keys() - before.keys()),
            "gone": sorted(before.keys() - now.keys()),
            "changed": sorted(name for name in now.keys() & before.keys() if now[name] != before[name]),
        }
        said = "; ".join(f"{word}: {', '.join(names)}" for word, names in parts.items() if names)
        log.info("%s was read again; cameras %s", self._path, said or "are as they were")
        for name in Settings.model_fields:
            if name not in AT_ONCE and getattr(settings, name) != getattr(self._in_force, name):
                log.warning("%s was changed in %s: that is taken up by a restart", name, self._path)
