"""The clusters of `deploy/cluster` in containers, under a project name and on ports of its own."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.runners import free_port

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "cluster" / "compose.yaml"
BUILD_S = 600
UP_S = 400
REPLICAS = 4


class Containers:
    """`docker compose` for the clusters; `config` is the folder with their `nightjar.yaml`."""

    def __init__(self, folder: Path, config: Path, camera_host: str) -> None:
        self.ports = {name: free_port() for name in ("GATEWAY_PORT", "MQTT_PORT", "S3_PORT")}
        self._environment = {
            **os.environ,
            **{name: str(port) for name, port in self.ports.items()},
            "CONFIG_FOLDER": str(config),
        }
        override = folder / "override.yaml"
        hosts = f"{{ extra_hosts: ['cameras:{camera_host}'] }}"
        override.write_text(f"services:\n  capture-1: {hosts}\n  capture-2: {hosts}\n")
        self.project = f"nightjar-test-cluster-{os.getpid()}"
        self._command = [
            "docker", "compose", "--project-name", self.project, "--profile", "five",
            "--file", str(FILE), "--file", str(override),
        ]  # fmt: skip
        self.motions = [f"motion-{n}" for n in range(1, REPLICAS + 1)]

    @property
    def names(self) -> list[str]:
        """All that there should be, but for what ends by itself."""
        found: dict[str, Any] = json.loads(self._run("config", "--format", "json"))["services"]
        return [
            name for name in found if name != "secrets" and (name[:7] != "motion-" or name in self.motions)
        ]

    def start(self) -> None:
        """Returns when all of it is up."""
        self._run("build", "--quiet", timeout_s=BUILD_S)
        self._run("up", "--detach", *self.names, timeout_s=UP_S)

    def scale(self, count: int) -> None:
        """So many motion replicas, each told of it; those that are too many are stopped last."""
        before, self.motions = self.motions, [f"motion-{n}" for n in range(1, count + 1)]
        more = {"MOTION_REPLICAS": str(count)}
        self._run("up", "--detach", "--no-deps", *self.motions, environ=more, timeout_s=UP_S)
        if surplus := [name for name in before if name not in self.motions]:
            self._run("stop", *surplus)

    def kill(self, name: str) -> None:
        """As a power cut does."""
        self._run("kill", "--signal", "SIGKILL", name)

    def revive(self, name: str) -> None:
        self._run("start", name)

    def remove(self) -> None:
        self._run("down", "--volumes", "--timeout", "5")

    def logins(self) -> Any:
        return json.loads(self._run("run", "--rm", "-T", "secrets", "show", "--json"))

    def unwell(self) -> list[str]:
        """Those that are not running and healthy (where they can say so)."""
        lines = self._run("ps", "--all", "--format", "json").splitlines()
        state = {each["Service"]: (each["State"], each["Health"]) for each in map(json.loads, lines)}
        return [
            name for name in self.names if state.get(name) not in (("running", "healthy"), ("running", ""))
        ]

    def wait_until_well(self, within_s: float = 180.0) -> None:
        until_s = time.monotonic() + within_s
        while unwell := self.unwell():
            if time.monotonic() > until_s:
                raise AssertionError(f"not well: {unwell}\n{self.log(*unwell)}")
            time.sleep(0.5)

    def log(self, *names: str, since: str = "3m") -> str:
        return self._run("logs", "--no-color", "--no-log-prefix", "--tail", "40", "--since", since, *names)

    def _run(self, *words: str, environ: Mapping[str, str] | None = None, timeout_s: float = 120) -> str:
        done = subprocess.run(
            [*self._command, *words],
            env={**self._environment, **(environ or {})},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"docker compose {' '.join(words)}: {done.stderr[-3000:]}")
        return done.stdout
