"""A real Prometheus scrapes the running system, and everything that the dashboard asks it has an answer."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.runtime.access import SERVICES
from tests.backends import needed
from tests.runners import free_port
from tests.system.systems import System

pytestmark = pytest.mark.timeout(900)

DEPLOY = Path(__file__).parents[2] / "deploy"
BOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "nightjar.json").read_text())
WITHIN_S = 40.0
#: Where nothing is wrong there is nothing to show.
MAY_BE_EMPTY = "ALERTS{"


class Prometheus:
    """Debian's, with our configuration, but more impatient, and with the addresses of a test's system."""

    def __init__(self, folder: Path, targets: list[str]) -> None:
        config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(DEPLOY / "prometheus" / "rules.yaml")]
        config["scrape_configs"][0]["static_configs"] = [{"targets": targets}]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        listen = f"127.0.0.1:{free_port()}"
        self.url = f"http://{listen}"
        self._command = [
            needed("prometheus", "prometheus"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={listen}",
        ]
        self._log = folder / "log"

    def __enter__(self) -> "Prometheus":
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def ask(self, query: str) -> list[Any]:
        """The answer's samples; raises where it is no query."""
        return list(self._get(f"query?{urllib.parse.urlencode({'query': query})}")["result"])

    def evaluated(self) -> list[dict[str, Any]]:
        """All rules, once each was evaluated without an error."""
        rules = self._rules()
        return rules if all(rule["health"] == "ok" for rule in rules) else []

    def _rules(self) -> list[dict[str, Any]]:
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def _get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)["data"]
        return found

    def wait_for(self, what: str, condition: Callable[[], Any]) -> None:
        until = time.monotonic() + WITHIN_S
        while not self._is(condition):
            assert time.monotonic() < until, f"no {what}:\n{self._log.read_text()[-3000:]}"
            time.sleep(0.5)

    def _is(self, condition: Callable[[], Any]) -> bool:
        try:
            return bool(condition())
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise AssertionError(error.read().decode()) from None
        except urllib.error.URLError:  # it has only just begun
            pass
        return False


@pytest.fixture(scope="module")
def prometheus(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with Prometheus(tmp_path_factory.mktemp("prometheus"), system.metrics()) as started:
        yield started


def as_grafana_asks(query: str) -> str:
    return query.replace("$camera", ".*").replace("$__rate_interval", "10s")


def test_all_that_the_dashboard_asks_has_an_answer(prometheus: Prometheus) -> None:
    for panel in BOARD["panels"]:
        for target in panel.get("targets", []):
            query = as_grafana_asks(target["expr"])
            if query.startswith(MAY_BE_EMPTY):
                prometheus.ask(query)
            else:
                prometheus.wait_for(f"{panel['title']}: {query}", partial(prometheus.ask, query))


def test_each_replica_is_known_by_its_slot(prometheus: Prometheus) -> None:
    known = {(service, "1") for service in SERVICES}
    prometheus.wait_for(
        "replica of each service",
        lambda: (
            {
                (each["metric"]["service"], each["metric"]["slot"])
                for each in prometheus.ask("nightjar_replica_info")
            }
            == known
        ),
    )


def test_every_alert_can_be_worked_out_and_nothing_is_lost(prometheus: Prometheus) -> None:
    prometheus.wait_for("evaluation", prometheus.evaluated)
    assert not [rule["name"] for rule in prometheus.evaluated() if "Lost" in rule["name"] and rule["alerts"]]
