"""Programs that a test run starts on a port of 127.0.0.1 and may kill: in a container or as a process."""

import secrets
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from testcontainers.core.container import DockerContainer

STOP_S = 10
#: Below those that Linux gives to whoever connects.
PORTS = range(20000, 32768)


class Runner(Protocol):
    """Started again and again with its data kept, until it is removed."""

    def start(self) -> None:
        """Returns at once; whether the program answers is another question."""

    def stop(self) -> None:
        """Asks it to end, and waits."""

    def kill(self) -> None:
        """Ends it as a power cut does."""

    def remove(self) -> None:
        """Ends it and leaves nothing behind."""

    def log(self) -> str:
        """What it has said so far."""
        ...

    @property
    def pid(self) -> int:
        """Its process; 0 where it does not run, or cannot be seen from here."""
        ...


class Container:
    """A program in an image; `files` (path: text) are put into the container, `port` is the one inside."""

    def __init__(
        self,
        image: str,
        port: int,
        published: int,
        *,
        command: str | None = None,
        env: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
    ) -> None:
        name = f"nightjar-test-{secrets.token_hex(4)}"
        self._container = DockerContainer(image, command=command, env=dict(env or {}), name=name)
        # Chosen here, so that it stays through a restart, and on loopback; only its type hint says int.
        self._container.ports[f"{port}/tcp"] = ("127.0.0.1", published)  # type: ignore[assignment]
        for path, text in (files or {}).items():
            self._container.with_copy_into_container(text.encode(), path, 0o644)
        self._made = False

    def start(self) -> None:
        if self._made:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._made = True

    def stop(self) -> None:
        self._container.get_wrapped_container().stop(timeout=STOP_S)

    def kill(self) -> None:
        container = self._container.get_wrapped_container()
        container.kill()
        container.wait()

    def remove(self) -> None:
        self._container.stop(force=True, delete_volume=True)

    @property
    def pid(self) -> int:
        if not self._made:
            return 0
        container = self._container.get_wrapped_container()
        container.reload()
        return int(container.attrs["State"]["Pid"])

    def forget(self) -> None:
        """Ends it as a power cut does, and its data is gone too."""
        self.remove()
        self._made = False

    def freeze(self) -> None:
        """It hears nothing and says nothing, until `thaw`."""
        self._container.get_wrapped_container().pause()

    def thaw(self) -> None:
        self._container.get_wrapped_container().unpause()

    def cut_off(self) -> None:
        """Its network is gone, connections and all, until `reconnect`."""
        self._network().disconnect(self._container.get_wrapped_container(), force=True)

    def reconnect(self) -> None:
        self._network().connect(self._container.get_wrapped_container())

    def _network(self) -> Any:
        return self._container.get_docker_client().client.networks.get("bridge")

    def log(self) -> str:
        return b"".join(self._container.get_logs()).decode(errors="replace") if self._made else ""


class Process:
    """A program on this machine, at home in a folder."""

    def __init__(self, command: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
        self._command = command
        self._folder = folder
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us, who look at it once more
            )

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(STOP_S)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def remove(self) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid if self._process and self._process.poll() is None else 0

    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")


def free_port() -> int:
    """Nobody has it on any address, and the kernel gives it to no connection that is opened meanwhile."""
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("", port))
            return port
