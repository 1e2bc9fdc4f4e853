"""Who may publish and receive what, decided by the same text that both brokers read."""

import re
from pathlib import Path

import pytest

from services.contract.controls import CONTROLS, Control
from services.runtime.access import SERVICES, USERS, acl_text
from services.runtime.broker import parse_acl
from services.runtime.broker.acl import Rights

PREFIX = "nightjar"
SECURITY = Path(__file__).parents[3] / "docs" / "design" / "security.md"


def rights(user: str, prefix: str = PREFIX) -> Rights:
    return Rights(parse_acl(acl_text(prefix))[user], user, f"nightjar-{user}-1")


def writers(topic: str) -> set[str]:
    return {user for user in USERS if rights(user).may_write(topic)}


def readers(topic: str) -> set[str]:
    return {user for user in USERS if rights(user).may_read(topic)}


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("nightjar/camera/door/status", {"capture"}),
        ("nightjar/camera/door/health", {"capture"}),
        ("nightjar/camera/door/health/detail", {"capture"}),
        ("nightjar/camera/door/motion", {"motion"}),
        ("nightjar/camera/door/zone/step", {"motion"}),
        ("nightjar/camera/door/score", {"motion"}),
        ("nightjar/camera/door/event", {"capture", "motion", "archiver"}),
        ("nightjar/camera/door/handover/20261120T083012Z-3f9c", {"capture", "motion"}),
        ("nightjar/camera/door/resend", {"motion", "archiver"}),
        ("nightjar/camera/door/resent", {"capture", "motion"}),
        ("nightjar/camera/door/trigger", {"gateway", "nightjar"}),
        ("nightjar/camera/door/keep", {"gateway", "nightjar"}),
        ("nightjar/camera/door/stats/capture", {"capture"}),
        ("nightjar/camera/door/stats/motion", {"motion"}),
        ("nightjar/camera/door/stats/archiver", {"archiver"}),
        ("nightjar/camera/door/want/gateway-1", {"motion", "gateway"}),
        ("nightjar-frames/door/live", {"capture"}),
        ("nightjar-frames/door/repair", {"capture"}),
        ("nightjar-frames/door/preview", {"capture"}),
        ("nightjar-frames/door/snapshot", {"motion"}),
        ("nightjar-frames/door/event/20261120T083012Z-3f9c", {"capture", "motion"}),
        ("nightjar-frames/door/ingest", {"gateway", "nightjar"}),
        ("homeassistant/device/nightjar_door/config", {"gateway", "nightjar"}),
        ("homeassistant/status", {"gateway", "nightjar"}),
        ("nightjar/camera/door/made-up", set()),
        ("somebody/elses", set()),
        ("$SYS/broker/version", set()),
    ],
)
def test_only_these_may_write(topic: str, expected: set[str]) -> None:
    assert writers(topic) == expected


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("nightjar-frames/door/live", {"motion", "gateway", "nightjar"}),
        ("nightjar-frames/door/repair", {"motion", "gateway", "nightjar"}),
        ("nightjar-frames/door/event/20261120T083012Z-3f9c", {"archiver", "gateway", "nightjar"}),
        ("nightjar-frames/door/ingest", {"capture", "gateway", "nightjar"}),
        ("nightjar/camera/door/trigger", {"motion", "gateway", "nightjar"}),
        ("nightjar/camera/door/keep", {"archiver", "gateway", "nightjar"}),
        ("nightjar/camera/door/handover/e", {"motion", "archiver", "gateway", "nightjar"}),
        ("nightjar/camera/door/resend", {"capture", "motion", "gateway", "nightjar"}),
        ("nightjar/camera/door/stats/capture", {"capture", "motion", "gateway", "nightjar"}),
        ("nightjar/service/archiver/1/info", set(USERS)),
        ("homeassistant/status", {"gateway", "nightjar"}),
        ("zigbee2mqtt/lamp", {"nightjar"}),
        ("$SYS/broker/version", {"nightjar"}),
    ],
)
def test_only_these_may_read(topic: str, expected: set[str]) -> None:
    assert readers(topic) == expected


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_a_setting_is_commanded_by_people_and_answered_by_its_own_service_alone(control: Control) -> None:
    name, service = control.name, control.service
    base = f"nightjar/camera/door/{name}"
    assert writers(f"{base}/set") == {"gateway", "nightjar"}
    assert writers(f"{base}/state") == writers(f"{base}/error") == {service}
    assert rights(service).may_read(f"{base}/set")


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_speaks_in_the_name_of_another_service(service: str) -> None:
    for leaf in ("1", "1/info"):
        assert writers(f"nightjar/service/{service}/{leaf}") == {service}


@pytest.mark.parametrize("user", USERS)
def test_another_prefix_gives_no_rights_under_this_one(user: str) -> None:
    other = rights(user, "attic")
    assert not other.may_write("nightjar/camera/door/status")
    assert not other.may_write("nightjar-frames/door/live")
    assert rights("capture", "attic").may_write("attic-frames/door/live")


def test_the_table_in_the_docs_is_the_one_in_force() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([\w, ]+) \| ([\w, ]*) \|$", SECURITY.read_text(), re.MULTILINE)
    assert len(rows) > 25
    for topic, written_by, read_by in rows:
        example = re.sub(r"<(\w+)>", r"\1", topic)
        assert writers(example) == set(written_by.split(", ")), topic
        assert readers(example) == {*filter(None, read_by.split(", ")), "gateway", "nightjar"}, topic
