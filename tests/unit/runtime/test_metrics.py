"""What a service says in its statistics is what Prometheus scrapes, all of it, under steady names."""

from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import generate_latest

from services.contract.message import Message
from services.contract.partition import Partition
from services.contract.status import ArchiverStats, CaptureStats, MotionStats
from services.runtime import VERSION
from services.runtime.metrics import Replica, process_registry, registry

MODELS: dict[str, type[Message]] = {
    "capture": CaptureStats,
    "motion": MotionStats,
    "archiver": ArchiverStats,
}
NUMBERS = (int, float)
UP_AND_DOWN = (
    "fps", "last_sequence", "outbox_frames", "outbox_bytes", "open_handovers", "latency_ms", "waiting",
    "events_today", "archive_bytes", "in_spool", "spool_filled", "paused", "outbox_filled", "away_s",
)  # fmt: skip


def stats(model: type[Message], start: int = 1) -> Message:
    now = datetime.now(UTC)
    fields: dict[str, Any] = {"time": now, "session": "0" * 16, "experiment": "leaves", "last_event": now}
    for number, name in enumerate(model.model_fields, start):
        fields.setdefault(name, number)
    return model.model_validate(fields)


def numeric(model: type[Message]) -> list[str]:
    return [name for name, field in model.model_fields.items() if field.annotation in NUMBERS]


def scraped(service: str, **cameras: Message) -> dict[str, str]:
    lines = generate_latest(registry({service: lambda: cameras})).decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


@pytest.mark.parametrize("service", MODELS)
def test_every_number_is_exported(service: str) -> None:
    account = stats(MODELS[service])
    found = scraped(service, door=account)
    expected = {}
    for name in numeric(MODELS[service]):
        total = "" if name in UP_AND_DOWN else "_total"
        expected[f'nightjar_{service}_{name}{total}{{camera="door"}}'] = float(getattr(account, name))
    assert {name: float(value) for name, value in found.items()} == expected


def test_what_goes_up_and_down_is_a_gauge_and_the_rest_counts() -> None:
    text = generate_latest(registry({"capture": lambda: {"door": stats(CaptureStats)}})).decode()
    assert "# TYPE nightjar_capture_fps gauge" in text
    assert "# TYPE nightjar_capture_outbox_bytes gauge" in text
    assert "# TYPE nightjar_capture_lost_total counter" in text
    assert "# HELP nightjar_capture_lost_total frames dropped from a full outbox, or given up" in text


def test_each_camera_has_its_own_line() -> None:
    found = scraped("motion", door=stats(MotionStats), yard=stats(MotionStats, 100))
    name = "nightjar_motion_received_total"
    assert found[f'{name}{{camera="door"}}'] != found[f'{name}{{camera="yard"}}']


def test_a_service_without_cameras_has_nothing_to_tell() -> None:
    assert scraped("motion") == {}


def test_several_services_share_a_registry() -> None:
    both = registry({name: lambda m=model: {"door": stats(m)} for name, model in MODELS.items()})  # type: ignore[misc]  # its default is the model
    text = generate_latest(both).decode()
    assert all(f"nightjar_{name}_" in text for name in MODELS)


def test_each_replica_says_its_slot_how_many_there_should_be_and_how_it_is() -> None:
    replica = Replica(Partition(2, 3), lambda: ["the broker is away"])
    found = process_registry({"motion": lambda: {"door": stats(MotionStats)}}, {"motion": replica})
    text = generate_latest(found).decode()
    who = 'service="motion",slot="2"'
    assert f'nightjar_replica_info{{count="3",{who},version="{VERSION}"}} 1.0' in text
    assert f"nightjar_replica_count{{{who}}} 3.0" in text
    assert f"nightjar_replica_cameras{{{who}}} 1.0" in text
    assert f"nightjar_replica_ready{{{who}}} 0.0" in text


def test_a_process_says_what_memory_and_files_it_takes() -> None:
    text = generate_latest(process_registry({}, {})).decode()
    assert "process_resident_memory_bytes" in text
    assert "process_open_fds" in text
