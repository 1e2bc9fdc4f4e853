"""Runs everything in this process until Ctrl-C: `nightjar`, and `nightjar demo` with its own settings."""

import sys
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from services.contract.settings import Settings
from services.contract.urls import missing_file
from services.runtime import config, logs, metrics
from services.runtime.errors import UserError
from services.runtime.health import HealthServer
from services.runtime.reload import Reload
from services.runtime.run import run_services
from services.runtime.state import alone_in
from services.secrets.keyring import Secrets, local_secrets
from services.secrets.logins import local_logins
from services.together.status import StatusLine, farewell, status_line
from services.together.table import Together, assemble, with_login

READY_CHECK_S = 0.1


def run_file(path: Path, environ: Mapping[str, str], show_logins: str) -> int:
    """Lives until a signal, with the cameras that the file has; returns the exit status.

    `show_logins` is the command that shows passwords.
    """
    return run_together(config.load(path, environ), show_logins, (path, *config.secret_files(environ)))


def run_together(settings: Settings, show_logins: str, files: Sequence[Path] = ()) -> int:
    """Lives until a signal; returns the exit status.

    `files` are what the settings were read from, the configuration first; who changes one is heard.
    """
    with_files(settings)
    logs.set_up(settings.log)
    with alone_in(settings.state_dir):
        return _live(settings, show_logins, files)


def with_files(settings: Settings) -> Settings:
    """The settings, if all files that are cameras are there. Raises UserError."""
    for name, camera in settings.cameras.items():
        if wrong := missing_file(camera.url):
            raise UserError(f"cameras.{name}.url: {wrong}")
    return settings


def _live(settings: Settings, show_logins: str, files: Sequence[Path]) -> int:
    secrets = local_secrets(settings.state_dir)
    settings = with_login(settings, secrets)
    together = assemble(settings, secrets)
    replicas = {each.name: metrics.Replica(settings.replica, each.problems) for each in together.services}
    health = HealthServer(
        settings.health.listen, together.problems, metrics.process_registry(together.accounts, replicas)
    )
    health.open()
    logins = local_logins(settings, secrets)
    place = _place(logins.archive.url or "")
    welcome = (
        "Nightjar is running; Ctrl-C stops it.\n"
        f"  Dashboard  {logins.dashboard.url}\n"
        f"  MQTT       {logins.mqtt.url}\n"
        f"  Archive    {place}\n"
        f"  Logins     {show_logins}\n"
    )

    def show(stop: threading.Event) -> None:
        if _wait_ready(together, stop):
            print(welcome, flush=True)
            StatusLine(lambda: status_line(together.accounts)).run(stop)

    helpers = [("health", health.run), ("status-line", show)]
    if files:
        read = partial(_read_again, settings, secrets)
        also = [*files[1:], *secrets.login_files()]
        helpers.append(("configuration", Reload(files[0], read, settings, together.reconfigured, also).run))
    run_services(together.services, foundation=together.broker, also=helpers)
    print(farewell(together.accounts, place), flush=True)
    return 0


def _read_again(settings: Settings, secrets: Secrets) -> Settings:
    return with_login(with_files(settings.again()), secrets)


def _wait_ready(together: Together, stop: threading.Event) -> bool:
    """Whether everything is ready; says on the way what is still missing."""
    waited_s = 0.0
    while together.problems():
        if stop.wait(READY_CHECK_S):
            return False
        waited_s += READY_CHECK_S
        if abs(waited_s - 5.0) < READY_CHECK_S / 2:
            print(f"still waiting: {'; '.join(together.problems())}", file=sys.stderr, flush=True)
    return not stop.is_set()


def _place(url: str) -> str:
    """An archive as people write it: a folder's path, or the URL."""
    return url2pathname(urlsplit(url).path) if url.startswith("file:") else url
