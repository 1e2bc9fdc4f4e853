"""`nightjar doctor` in the running system: it finds nothing where all is well, and who was stopped."""

import json
from typing import Any

import pytest

from services.runtime.access import SERVICES
from tests.system.systems import Compose, System

pytestmark = pytest.mark.timeout(900)


def ills(said: str) -> list[dict[str, Any]]:
    """What is to be mended, but for the clip, which is a file that ends."""
    return [
        each
        for each in json.loads(said)["findings"]
        if each["level"] in ("warning", "wrong") and not each["text"].startswith("clip: ")
    ]


def test_a_system_that_is_well_is_found_well_from_each_container(system: System) -> None:
    if isinstance(system, Compose):
        for service in SERVICES:
            assert (
                ills(system.nightjar_in(service, "doctor", "--json", "--listen", "2.5", check=False)) == []
            ), service
    else:
        assert ills(system.nightjar("doctor", "--json", check=False)) == []


def test_a_service_that_was_stopped_is_named(system: System) -> None:
    if not isinstance(system, Compose):
        pytest.skip("in one process none can be stopped alone")
    system.stop_services("motion")
    try:
        (found,) = ills(system.nightjar("doctor", "--json", check=False))
    finally:
        system.start_services("motion")
    assert found["text"] == "motion is not running: nothing that moves is noticed"
    assert "docker compose logs motion" in found["advice"]
