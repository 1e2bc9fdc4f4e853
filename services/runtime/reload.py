"""Reads `nightjar.yaml` again when it changes: cameras and people come and go without a restart.

The file is looked at by its path every second, not watched: an editor may write it in place or put another
in its place, a bind mount or a ConfigMap may hide the difference, and notifications do not cross all of them.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Protocol

from services.contract.settings import Settings
from services.runtime.config import ConfigErrors
from services.runtime.errors import UserError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0

#: What opens something, by section: the dashboard's is taken at once, the others when the old one is refused.
_SECRETS = {
    "mqtt": ("password",),
    "archive": ("access_key", "secret_key", "token"),
    "gateway": ("password_hash", "session_key"),
}


class Reconfigured(Protocol):
    """A service that follows the configuration while it runs."""

    def reconfigure(self, settings: Settings) -> None:
        """Returns when cameras and users are those of `settings`; called in a thread of its own."""

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
        also: Collection[Path] = (),
    ) -> None:
        """`read` gives the settings of the file as it is now, or raises UserError.

        `also`: files with passwords and keys, which are part of the settings too.
        """
        self._path = path
        self._also = also
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

    def _content(self) -> list[bytes | None]:
        return [_bytes_of(path) for path in (self._path, *self._also)]

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
        before, now = self._in_force, settings
        said = f"cameras {_changes(before.cameras, now.cameras) or 'are as they were'}"
        if users := _changes(before.gateway.users, now.gateway.users):
            said += f"; users {users}"
        if _secrets(before) != _secrets(now):
            said += "; passwords or keys are others"
        log.info("%s was read again; %s", self._path, said)
        before, now = _of_the_start(before), _of_the_start(now)
        for name in Settings.model_fields:
            if getattr(now, name) != getattr(before, name):
                log.warning("%s was changed in %s: that is taken up by a restart", name, self._path)


def _changes(before: Mapping[str, object], now: Mapping[str, object]) -> str:
    parts = {
        "new": sorted(now.keys() - before.keys()),
        "gone": sorted(before.keys() - now.keys()),
        "changed": sorted(name for name in now.keys() & before.keys() if now[name] != before[name]),
    }
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in parts.items() if names)


def _of_the_start(settings: Settings) -> Settings:
    """What waits for the next start: all but what takes effect at once, or when the old one is refused."""
    none = {name: dict.fromkeys(fields) for name, fields in _SECRETS.items()}
    none["gateway"]["users"] = None
    parts = {name: getattr(settings, name).model_copy(update=fields) for name, fields in none.items()}
    return settings.model_copy(update={"cameras": {}, "defaults": {}, **parts})


def _secrets(settings: Settings) -> list[object]:
    return [getattr(getattr(settings, name), field) for name, fields in _SECRETS.items() for field in fields]


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
