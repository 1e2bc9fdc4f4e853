"""Two ways to run Nightjar, seen alike by the tests: start, stop, log in, look into the archive."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import unquote, urlsplit

from minio import Minio

from services.runtime import VERSION
from services.runtime.access import SERVICES
from tests.runners import free_port

ROOT = Path(__file__).parents[2]
START_S = 120.0
BUILD_S = 900.0

CONFIG = """\
cameras:
  street:
    url: "demo:"
    label: Street
    motion:
      zones:
        road:
          points: [[0, 0.4], [1, 0.4], [1, 1], [0, 1]]
  clip:
    url: file:{clip}?loop=once
    enabled: false # the scenario switches it on
    motion:
      post_roll: 1
"""


@dataclass(frozen=True, slots=True)
class Access:
    """What `secrets show --json` says."""

    logins: dict[str, Any]

    @property
    def dashboard(self) -> str:
        return str(self.logins["dashboard"]["url"])

    @property
    def dashboard_login(self) -> tuple[str, str]:
        return self.logins["dashboard"]["user"], self.logins["dashboard"]["password"]

    @property
    def mqtt_address(self) -> tuple[str, int]:
        url = urlsplit(self.logins["mqtt"]["url"])
        return url.hostname or "", url.port or 1883

    @property
    def mqtt_login(self) -> tuple[str, str]:
        return self.logins["mqtt"]["user"], self.logins["mqtt"]["password"]

    def archive(self) -> "Archive":
        archive = self.logins["archive"]
        if archive["bucket"] is None:
            return FolderArchive(Path(unquote(urlsplit(archive["url"]).path)))
        endpoint = urlsplit(archive["endpoint"])
        client = Minio(
            endpoint.netloc,
            access_key=archive["access_key"],
            secret_key=archive["secret_key"],
            secure=endpoint.scheme == "https",
        )
        return BucketArchive(client, archive["bucket"])


class Archive(Protocol):
    """What is in the store, through a person's eyes."""

    def keys(self) -> list[str]: ...

    def read(self, key: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class FolderArchive:
    folder: Path

    def keys(self) -> list[str]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.folder)) for path in files if path.name[0] != ".")

    def read(self, key: str) -> bytes:
        return (self.folder / key).read_bytes()


@dataclass(frozen=True, slots=True)
class BucketArchive:
    client: Minio
    bucket: str

    def keys(self) -> list[str]:
        return sorted(str(each.object_name) for each in self.client.list_objects(self.bucket, recursive=True))

    def read(self, key: str) -> bytes:
        answer = self.client.get_object(self.bucket, key)
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()


class System(Protocol):
    """A Nightjar that can be started, stopped and started again; `config` is its `nightjar.yaml`."""

    config: Path

    def start(self) -> None:
        """Returns when the dashboard answers."""

    def stop(self) -> None:
        """As a person would; what it keeps stays."""

    def restart_broker(self) -> None:
        """The broker alone, where it runs alone."""

    def remove(self) -> None:
        """Stops it and leaves nothing behind."""

    def access(self) -> Access:
        """What the command that shows the logins says."""
        ...

    def nightjar(self, *words: str, check: bool = True) -> str:
        """What this command of `nightjar` says; raises where it fails and that is not to be."""
        ...

    def renew(self, *secrets: str) -> None:
        """Each of them that it has; returns when whoever checks them was told."""

    def backup(self, file: Path) -> None:
        """Configuration and secrets into a file."""

    def restore(self, file: Path) -> None:
        """Before it is started."""

    def metrics(self) -> list[str]:
        """The internal ports of its services, as `host:port`."""
        ...

    def log(self) -> str: ...


class Compose:
    """`docker compose up` in this checkout, under a project name and on ports of its own."""

    def __init__(self, folder: Path, clip: Path, which: str = "") -> None:
        """`which` tells it apart from another one at the same time."""
        self._folder = folder
        folder.chmod(0o755)
        self.config = folder / "config" / "nightjar.yaml"
        self.config.parent.mkdir(mode=0o755)
        self.config.write_text(CONFIG.format(clip="/clip.avi"))
        self.config.chmod(0o644)
        override = folder / "override.yaml"
        footage = f'{{type: bind, source: "{clip.resolve()}", target: /clip.avi, read_only: true}}'
        override.write_text(f"services:\n  capture:\n    volumes:\n      - {footage}\n")
        ports = {
            name: str(free_port()) for name in ("GATEWAY_PORT", "MQTT_PORT", "S3_PORT", "S3_CONSOLE_PORT")
        }
        self._environment = {**os.environ, **ports, "CONFIG_FOLDER": str(self.config.parent)}
        self.project = f"nightjar-test-{os.getpid()}{which}"
        self._command = [
            "docker", "compose", "--project-name", self.project,
            "--project-directory", str(ROOT),
            "--file", str(ROOT / "compose.yaml"), "--file", str(override),
        ]  # fmt: skip

    def build(self) -> None:
        self._run("build", timeout_s=BUILD_S)

    def start(self) -> None:
        self.build()
        self._run("up", "--detach")
        wait_for_dashboard(self.access().dashboard, self.log)

    def stop(self) -> None:
        self._run("stop")

    def restart_broker(self) -> None:
        self._run("restart", "mqtt")

    def stop_services(self, *names: str) -> None:
        self._run("stop", *names)

    def start_services(self, *names: str) -> None:
        self._run("start", *names)

    def replace(self, service: str, version: str = "") -> None:
        """With another container of it; one that says that it is of another version, where one is given."""
        files = []
        if version:
            noted, override = self._folder / "METADATA", self._folder / f"{service}.yaml"
            noted.write_text(f"Metadata-Version: 2.1\nName: nightjar\nVersion: {version}\n")
            noted.chmod(0o644)
            target = f"/venv/lib/python3.13/site-packages/nightjar-{VERSION}.dist-info/METADATA"
            mount = f'{{type: bind, source: "{noted}", target: {target}, read_only: true}}'
            override.write_text(f"services:\n  {service}:\n    volumes:\n      - {mount}\n")
            files = ["--file", str(override)]
        self._run(*files, "up", "--detach", "--no-deps", service)

    def renew(self, *secrets: str) -> None:
        self._run("run", "--rm", "-T", "secrets", "renew", *secrets)
        if any(name.startswith("mqtt-") for name in secrets):
            self._run("kill", "--signal", "HUP", "mqtt")
        if "s3-root" in secrets:
            self._run("restart", "s3")

    def backup(self, file: Path) -> None:
        with open(file, "wb", opener=partial(os.open, mode=0o600)) as out:  # as a shell does with umask 077
            self._pipe("backup", out=out)

    def restore(self, file: Path) -> None:
        with file.open("rb") as given:
            self._pipe("restore", given)

    def _pipe(
        self, verb: str, given: IO[bytes] | int = subprocess.DEVNULL, out: IO[bytes] | None = None
    ) -> None:
        done = subprocess.run(
            [*self._command, "run", "--rm", "-T", "secrets", verb],
            env=self._environment,
            stdin=given,
            stdout=out,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{verb} failed:\n{done.stderr.decode()}")

    def remove(self) -> None:
        self._run("down", "--volumes", "--timeout", "5")

    def access(self) -> Access:
        return Access(json.loads(self._run("run", "--rm", "-T", "secrets", "show", "--json")))

    def nightjar(self, *words: str, check: bool = True) -> str:
        service = "gateway" if words[0] in ("token", "user", "doctor") else "archiver"
        return self.nightjar_in(service, *words, check=check)

    def nightjar_in(self, service: str, *words: str, check: bool = True) -> str:
        """The command of one service's container."""
        return self._run("exec", "-T", service, "nightjar", *words, check=check)

    def metrics(self) -> list[str]:
        return [f"{self._address(service)}:8090" for service in SERVICES]

    def log(self) -> str:
        return self._run("logs", "--no-color", "--tail", "200")

    def _address(self, service: str) -> str:
        """Its own in a network of Docker's, which this machine reaches too."""
        container = self._run("ps", "--quiet", service).strip()
        networks = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        done = subprocess.run(
            ["docker", "inspect", "--format", networks, container], capture_output=True, text=True, check=True
        )
        return done.stdout.split()[0]

    def _run(self, *words: str, timeout_s: float = START_S, check: bool = True) -> str:
        done = subprocess.run(
            [*self._command, *words],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode and check:
            raise RuntimeError(f"docker compose {' '.join(words)} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout


class Together:
    """`nightjar` with a configuration file, in one process."""

    def __init__(self, folder: Path, clip: Path) -> None:
        self._folder = folder
        self.config = folder / "nightjar.yaml"
        self.config.write_text(CONFIG.format(clip=clip.resolve()))
        listen = {name: f"127.0.0.1:{free_port()}" for name in ("MQTT", "GATEWAY", "HEALTH")}
        self._health = listen["HEALTH"]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("NIGHTJAR_")},
            **{f"NIGHTJAR_{name}__LISTEN": address for name, address in listen.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services"],
                cwd=self._folder,
                env={**self._environment, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_S
        while not (self._folder / "data/state/secrets/admin_password").exists():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"it did not start:\n{self.log()}")
            time.sleep(0.1)
        wait_for_dashboard(self.access().dashboard, self.log)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        status = process.wait(10)
        if status:
            raise RuntimeError(f"it ended with status {status}:\n{self.log()}")

    def restart_broker(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        self.stop()

    def access(self) -> Access:
        return Access(json.loads(self.nightjar("secrets", "show", "--json")))

    def nightjar(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "services", *words],
            cwd=self._folder,
            env={**self._environment, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=check,
        )
        return done.stdout

    def renew(self, *secrets: str) -> None:
        self.nightjar("secrets", "renew", *(name for name in secrets if not name.startswith("s3-")))

    def backup(self, file: Path) -> None:
        self.nightjar("backup", str(file))

    def restore(self, file: Path) -> None:
        self.config.unlink()
        self.nightjar("restore", str(file))

    def metrics(self) -> list[str]:
        return [self._health]

    def log(self) -> str:
        return (self._folder / "log").read_text()[-20000:]


def wait_for_dashboard(url: str, log: "Log") -> None:
    """Returns when somebody who is not logged in is asked to do so."""
    until = time.monotonic() + START_S
    while status(f"{url}/api/cameras") != 401:
        if time.monotonic() > until:
            raise RuntimeError(f"the dashboard does not answer:\n{log()}")
        time.sleep(0.2)


class Log(Protocol):
    def __call__(self) -> str: ...


def status(url: str) -> int:
    """The HTTP status of a GET without a login; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def parts(answer: Any) -> Iterator[tuple[dict[str, str], bytes]]:
    """The parts of a multipart answer, each with its header fields in small letters and its bytes."""
    while line := answer.readline():
        if not line.startswith(b"--"):
            continue
        fields = {}
        while (line := answer.readline().strip()) and b":" in line:
            name, _, value = line.decode().partition(":")
            fields[name.strip().lower()] = value.strip()
        yield fields, answer.read(int(fields["content-length"]))
