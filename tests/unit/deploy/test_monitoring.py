"""Alerts and dashboard ask for metrics that there are, and every alert is tried both ways."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.contract.message import Message
from services.contract.status import ArchiverStats, CaptureStats, MotionStats
from services.gateway.pictures.account import GatewayStats
from services.runtime.access import SERVICES
from services.runtime.metrics import GAUGES

DEPLOY = Path(__file__).parents[3] / "deploy"
RULES: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())
TESTS: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus" / "rules.test.yaml").read_text())
BOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "nightjar.json").read_text())
GUIDE = (DEPLOY.parent / "docs" / "guide" / "operations.md").read_text()
ACCOUNTS: dict[str, type[Message]] = {
    "capture": CaptureStats, "motion": MotionStats, "archiver": ArchiverStats, "gateway": GatewayStats,
}  # fmt: skip
REPLICA = {f"nightjar_replica_{name}" for name in ("info", "count", "cameras", "ready")}


def metrics() -> Iterator[str]:
    for service, model in ACCOUNTS.items():
        for name, field in model.model_fields.items():
            if field.annotation in (int, float):
                yield f"nightjar_{service}_{name}{'' if name in GAUGES else '_total'}"


def alerts() -> dict[str, str]:
    return {rule["alert"]: rule["expr"] for group in RULES["groups"] for rule in group["rules"]}


def queries() -> list[str]:
    return [target["expr"] for panel in BOARD["panels"] for target in panel.get("targets", [])]


@pytest.mark.parametrize("query", [*alerts().values(), *queries()])
def test_a_query_asks_for_metrics_that_there_are(query: str) -> None:
    asked = set(re.findall(r"nightjar_[a-z_]+", query))
    assert asked <= {*metrics(), *REPLICA}


@pytest.mark.parametrize("alert", alerts())
def test_an_alert_is_tried_where_it_fires_and_where_all_is_well(alert: str) -> None:
    tried = [
        each["exp_alerts"]
        for test in TESTS["tests"]
        for each in test["alert_rule_test"]
        if each["alertname"] == alert
    ]
    assert any(tried)
    assert not all(tried)


@pytest.mark.parametrize("alert", alerts())
def test_the_guide_has_each_alert(alert: str) -> None:
    assert f"`{alert}`" in GUIDE


def test_prometheus_asks_every_service() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    targets = config["scrape_configs"][0]["static_configs"][0]["targets"]
    assert targets == [f"{service}:8090" for service in SERVICES]


def test_monitoring_is_on_this_machine_only() -> None:
    compose = yaml.safe_load((DEPLOY / "prometheus" / "compose.yaml").read_text())
    ports = [port for container in compose["services"].values() for port in container["ports"]]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_two_panels_of_the_dashboard_have_one_place() -> None:
    places = [panel["gridPos"] for panel in BOARD["panels"]]
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
