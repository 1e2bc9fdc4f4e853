"""Prometheus takes our configuration, and each alert fires when it should."""

import subprocess
from pathlib import Path

from tests.backends import needed

FOLDER = Path(__file__).parents[3] / "deploy" / "prometheus"


def promtool(*words: str) -> str:
    command = [needed("promtool", "prometheus"), *words]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_configuration_is_one() -> None:
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml")


def test_each_alert_fires_when_it_should_and_not_before() -> None:
    assert "SUCCESS" in promtool("test", "rules", "rules.test.yaml")
