"""Nightjar's services as processes of their own, to be killed at any instruction."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.runners import free_port

ROOT = Path(__file__).parents[2]
READY_S = 30.0


class ServiceProcess:
    """`python -m services.<name>`, with a folder of its own for its state and its log.

    `through` stands before the command (strace, say); `environ` over the environment; `broken` names a
    promise that it does not keep.
    """

    def __init__(
        self,
        name: str,
        config: Path,
        folder: Path,
        *,
        environ: Mapping[str, str] | None = None,
        through: Sequence[str] = (),
        broken: str = "",
    ) -> None:
        self.name = name
        self.folder = folder
        self.state = folder / "state"
        self.environ = dict(environ or {})
        self.through = through
        self._words = ["tests.faults.broken", name, broken] if broken else [f"services.{name}"]
        self._config = config
        self._port = free_port()
        self._marked = 0
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def ended(self) -> bool:
        """It does not run (any more)."""
        return self._process is None or self._process.poll() is not None

    def start(self) -> None:
        """Returns at once."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self.through, sys.executable, "-m", *self._words, "--config", str(self._config)],
                cwd=self.folder,
                env={
                    **{name: value for name, value in os.environ.items() if not name.startswith("NIGHTJAR_")},
                    "PYTHONPATH": str(ROOT),
                    "NIGHTJAR_STATE_DIR": str(self.state),
                    "NIGHTJAR_HEALTH__LISTEN": f"127.0.0.1:{self._port}",
                    **self.environ,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._wait(10)

    def stop(self) -> None:
        """Asks it to end. Raises where it does not."""
        self._signal(signal.SIGTERM)
        self._wait(20)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def wait_ready(self) -> None:
        """Raises with its log where it does not become so."""
        until_s = time.monotonic() + READY_S
        while not self.ready():
            if self.ended() or time.monotonic() > until_s:
                raise RuntimeError(f"{self.name} is not ready:\n{self.log()}")
            time.sleep(0.05)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def mark(self) -> None:
        """From here on the log is of interest."""
        self._marked = (self.folder / "log").stat().st_size

    def log(self) -> str:
        lines = (self.folder / "log").read_text(errors="replace")[self._marked :].splitlines()
        return "\n".join(map(_short, lines[-60:]))

    def _signal(self, number: int) -> None:
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _wait(self, seconds: float) -> None:
        if self._process:
            self._process.wait(seconds)


def _short(line: str) -> str:
    try:
        said = json.loads(line)
    except ValueError:
        return line
    return f"{said['time'][14:23]} {said['level']} {said['message'][:200]}"
