"""A real Home Assistant, headless, as the tests see it: its states, its services, its log and its memory."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.system.systems import Access

T = TypeVar("T")

SETUP_S = 900.0
START_S = 180.0
STOP_S = 60.0
NO_VALUE = ("unavailable", "unknown")
#: What it says while the broker is away, and at each start of a Home Assistant that may install nothing.
EXPECTED = re.compile(
    r"Skipping pip installation|Disconnected from MQTT server|Failed to connect to MQTT server|"
    r"Connection to MQTT server|MQTT client disconnected"
)


class Home:
    """Home Assistant with a configuration of its own, which stays over a restart."""

    def __init__(self, tools: Path, folder: Path, access: Access) -> None:
        """`tools`: the folder that sets it up and starts it."""
        self._tools = tools
        self._folder = folder
        self._config = folder / "config"
        self._access = access
        self._process: subprocess.Popen[bytes] | None = None
        self._url = self._token = ""

    # -- life --------------------------------------------------------------------------------------------

    def start(self) -> None:
        """The first start; returns when it runs and has said so on MQTT."""
        host, port = self._access.mqtt_address
        user, password = self._access.mqtt_login
        info = self._folder / "info.json"
        command = [sys.executable, str(self._tools / "run_ha.py"), "--broker", f"{host}:{port}"]
        command += ["--user", user, "--password", password]
        self._run([*command, "--config-dir", str(self._config), "--info", str(info)])
        self._wait("start", info.exists)
        found = json.loads(info.read_text())
        self._url, self._token = found["url"], found["token"]

    def restart(self) -> None:
        """As after an update: it remembers what it knew."""
        self.stop()
        environment = {**os.environ, "HA_BIND": str(self._config), "HA_OFFLINE": "1"}
        command = [str(self._tools / "inchroot.sh"), "/venv/bin/hass", "-c", "/config"]
        self._run([*command, "--skip-pip", "--log-no-color"], environment)
        self._wait("restart", self._runs)

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """A file of its configuration."""
        file = self._config / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a" if append else "w") as opened:
            opened.write(text)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_S)

    def _run(self, command: list[str], environment: dict[str, str] | None = None) -> None:
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def _runs(self) -> bool:
        try:
            return bool(self.get("/api/config")["state"] == "RUNNING")
        except (OSError, ValueError):
            return False

    def _wait(self, what: str, condition: Callable[[], T]) -> T:
        until = time.monotonic() + START_S
        while not (found := condition()):
            ended = self._process is None or self._process.poll() is not None
            assert not ended, f"Home Assistant has ended:\n{self._output()}"
            assert time.monotonic() < until, f"Home Assistant did not {what}:\n{self._output()}"
            time.sleep(0.25)
        return found

    def _output(self) -> str:
        return (self._folder / "output").read_text(errors="replace")[-4000:]

    # -- what it shows -----------------------------------------------------------------------------------

    def states(self) -> dict[str, str]:
        return {each["entity_id"]: each["state"] for each in self.get("/api/states")}

    def attributes(self, entity: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/api/states/{entity}")["attributes"]
        return found

    def entities_of(self, entity: str) -> set[str]:
        """All entities of the device that this one belongs to; none where there is no such device."""
        return set(
            json.loads(self.template(f"device_entities(device_id('{entity}') or '') | list | to_json"))
        )

    def template(self, expression: str) -> str:
        return self._ask("/api/template", {"template": f"{{{{ {expression} }}}}"}).decode()

    def picture(self, camera: str) -> bytes:
        return self._ask(f"/api/camera_proxy/{camera}")

    def live(self, camera: str, seconds: float) -> bytes:
        """What its live view passes on in that time."""
        request = urllib.request.Request(f"{self._url}/api/camera_proxy_stream/{camera}", headers=self._login)
        until, seen = time.monotonic() + seconds, b""
        with urllib.request.urlopen(request, timeout=15) as answer:
            while time.monotonic() < until:
                seen += answer.read1(65536)
        return seen

    def set_up(self, integration: str, **given: Any) -> dict[str, Any]:
        """Adds an integration by its form; answers what Home Assistant says to it."""
        flows = "/api/config/config_entries/flow"
        flow = json.loads(self._ask(flows, {"handler": integration}))["flow_id"]
        answered: dict[str, Any] = json.loads(self._ask(f"{flows}/{flow}", given))
        return answered

    def remove(self, entry: str) -> None:
        """An integration that was set up."""
        self._ask(f"/api/config/config_entries/entry/{entry}", method="DELETE")

    def call(self, service: str, **data: Any) -> None:
        """Calls a service, such as `switch.turn_off`."""
        domain, _, name = service.partition(".")
        self._ask(f"/api/services/{domain}/{name}", data)

    def wait_for(self, what: str, condition: Callable[[], T], within_s: float = 40.0) -> T:
        """The condition's value once it is true."""
        until = time.monotonic() + within_s
        found: T | None = None
        while time.monotonic() < until:
            with contextlib.suppress(urllib.error.HTTPError):
                if found := condition():
                    return found
            time.sleep(0.2)
        raise AssertionError(f"no {what} within {within_s} s; {found!r}")

    def wait_state(self, entity: str, *wanted: str, within_s: float = 40.0) -> None:
        """Until it has one of these states."""
        seen = ""

        def reached() -> bool:
            nonlocal seen
            seen = self.states().get(entity, "not there")
            return seen in wanted

        try:
            self.wait_for(f"{entity}", reached, within_s)
        except AssertionError:
            raise AssertionError(
                f"{entity} is {seen}, not {' or '.join(wanted)}, after {within_s} s"
            ) from None

    # -- what it remembers -------------------------------------------------------------------------------

    def events(self, entity: str) -> list[dict[str, Any]]:
        """Each firing of an event entity that its recorder has kept, in order."""
        query = (
            "SELECT DISTINCT s.state, a.shared_attrs FROM states s"
            " JOIN states_meta m ON m.metadata_id = s.metadata_id"
            " JOIN state_attributes a ON a.attributes_id = s.attributes_id"
            " WHERE m.entity_id = ? AND s.state LIKE '20%' ORDER BY s.state"
        )
        # when it was fired is the state: a row for each change of availability has the same one
        with contextlib.closing(
            sqlite3.connect(f"file:{self._config}/home-assistant_v2.db?mode=ro", uri=True)
        ) as db:
            fired = {state: json.loads(attributes) for state, attributes in db.execute(query, (entity,))}
        return list(fired.values())

    def complaints(self) -> list[str]:
        """Warnings and errors of its log that are not what it always says."""
        text = (self._config / "home-assistant.log").read_text(errors="replace")
        said = re.split(r"^(?=\d{4}-\d\d-\d\d )", text, flags=re.MULTILINE)
        return [
            each.strip()
            for each in said
            if re.search(r"\b(WARNING|ERROR|CRITICAL)\b", each) and not EXPECTED.search(each)
        ]

    # -- HTTP --------------------------------------------------------------------------------------------

    @property
    def _login(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def get(self, path: str) -> Any:
        return json.loads(self._ask(path))

    def _ask(self, path: str, data: object = None, method: str | None = None) -> bytes:
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(
            self._url + path, body, {**self._login, "Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=15) as answer:
            return bytes(answer.read())
