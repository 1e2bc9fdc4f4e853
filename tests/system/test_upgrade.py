"""Services are replaced by those of another version, one after the other, in the midst of an event."""

import json

import pytest

from services.contract.archive import Manifest
from services.runtime import VERSION
from tests.system.listener import Listener
from tests.system.systems import Compose, System
from tests.system.test_rotation import open_event
from tests.system.test_scenario import check_whole, ends_of

pytestmark = pytest.mark.timeout(300)

LATER = "9.9.9"
#: As the guide has it, but for capture: what it does not take while it starts anew never was a frame.
ORDER = ("archiver", "motion", "gateway")


def test_an_event_is_whole_while_its_services_are_upgraded_and_go_back(system: System) -> None:
    if not isinstance(system, Compose):
        pytest.skip("in one process all are of one version")
    access = system.access()
    with Listener(access) as listener:
        opened = open_event(listener)
        for service in ORDER:
            system.replace(service, LATER)
        said = json.loads(system.nightjar("doctor", "--json", "--no-rights", check=False))["findings"]
        for service in reversed(ORDER):
            system.replace(service)
        done = listener.wait_for("archived event", lambda: ends_of(listener, opened), 120)[0]
        listener.publish("nightjar/camera/street/motion_detection/set", "ON")
    assert done.event_type.value == "archived", done
    assert any(
        f"{VERSION}: capture; {LATER}: motion, archiver, gateway" in finding["text"] for finding in said
    ), said
    archive = access.archive()
    check_whole(Manifest.model_validate_json(archive.read(done.key or "")), archive, listener)
