"""An archiver in a process of its own, to be looked at from outside and killed."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from services.contract.archive import Manifest
from services.store import NotStored, Store, StoreUnavailable, open_store
from tests.integration.archiver.feeding import Feeder, eventually
from tests.real import MqttServer, S3Server
from tests.runners import free_port

ROOT = Path(__file__).parents[3]


class ArchiverProcess:
    """`python -m services.archiver` for a feeder's camera; `start` it again after `kill` or `stop`."""

    def __init__(
        self,
        folder: Path,
        broker: MqttServer,
        feeder: Feeder,
        archive: dict[str, Any],
        environment: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.spool = folder / "state" / "spool"
        self._health = free_port()
        self._log = folder / "archiver.log"
        self._environment = environment or {}
        self._config = folder / "nightjar.yaml"
        self._feeder = feeder
        self._config.write_text(
            json.dumps(
                {
                    "mqtt": {
                        "url": broker.url,
                        "prefix": feeder.prefix,
                        "user": broker.user,
                        "password": broker.password,
                    },
                    "archive": archive,
                    "health": {"listen": f"127.0.0.1:{self._health}"},
                    "log": {"format": "human"},
                    "state_dir": str(folder / "state"),
                    "cameras": {"yard": {"url": "demo:"}},
                }
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self, *before: str) -> None:
        """Returns when it is ready, or says why it is not; `before` stands before its command."""
        command = [*before, sys.executable, "-m", "services.archiver", "--config", str(self._config)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stderr=log, env=os.environ | self._environment
            )
        eventually("answer from the archiver", self._is_connected)

    def kill(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """As `docker stop` does it; within ten seconds."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            assert self._process.wait(10) == 0, self.log()
            self._process = None

    def log(self) -> str:
        return self._log.read_text()

    def problems(self) -> list[str] | None:
        """None where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._health}/healthz", timeout=5) as answer:
                found: list[str] = json.load(answer)["problems"]
        except urllib.error.HTTPError as error:
            with error:
                found = json.load(error)["problems"]
        except OSError:
            return None
        return found

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._health}/metrics", timeout=5) as answer:
            for line in answer.read().decode().splitlines():
                if line.split("{")[0].split(" ")[0] == name:
                    return float(line.rsplit(" ", 1)[1])
        raise KeyError(name)

    def _is_connected(self) -> bool:
        problems = self.problems()
        return problems is not None and not any("broker" in problem for problem in problems)


class StoreSeen:
    """The archive as the test sees it, past whatever stands between the archiver and its server."""

    def __init__(self, server: S3Server, bucket: str) -> None:
        self.store: Store = open_store(server.archive_url(bucket), server.access_key, server.secret_key)

    def manifest(self, feeder: Feeder) -> Manifest | None:
        folder = f"yard/{feeder.start:%Y/%m/%d}/{feeder.event}"
        try:
            return Manifest.model_validate_json(self.store.get(f"{folder}/event.json"))
        except (NotStored, StoreUnavailable):
            return None

    def check_whole(self, feeder: Feeder) -> None:
        """Every frame that was published is there, byte for byte, once."""
        manifest = self.manifest(feeder)
        assert manifest is not None
        assert manifest.missing == []
        stored = {frame.sequence: self.store.get(frame.key) for frame in manifest.frames}
        assert stored == feeder.frames
        folder = manifest.frames[0].key.rpartition("/")[0]
        keys = [each.key for each in self.store.list(f"{folder}/") if each.key.endswith(".jpg")]
        assert len(keys) == len(feeder.frames)
