"""Messages keep their promises on the wire: small, tolerant on arrival, with full times."""

import json
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from services.contract.archive import Manifest, StoredFrame
from services.contract.events import Box, EventMessage, EventType, Missing
from services.contract.handover import FrameRef, Handover, Resend, Resent, ranges
from services.contract.message import SENTENCE, iso
from services.contract.status import HealthDetail, ServiceInfo

TIME = datetime(2026, 11, 20, 8, 30, 12, tzinfo=UTC)
SESSION = "00c0ffee00000001"
EVENT = "20261120T083012Z-3f9c"


def event(event_type: EventType = EventType.MOTION_START, **fields: object) -> EventMessage:
    return EventMessage.model_validate({"event_type": event_type, "camera": "door", "time": TIME, **fields})


def test_a_message_has_only_what_it_says() -> None:
    assert json.loads(event(event=EVENT).payload()) == {
        "event_type": "motion_start",
        "camera": "door",
        "time": "2026-11-20T08:30:12.000000Z",
        "event": EVENT,
    }


def test_times_have_microseconds_always_and_are_utc() -> None:
    elsewhere = TIME.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert iso(elsewhere) == "2026-11-20T08:30:12.000000Z"
    assert json.loads(event(started=elsewhere).payload())["started"] == "2026-11-20T08:30:12.000000Z"
    assert json.loads(HealthDetail(problem="dark", since=elsewhere).payload())["since"].endswith(".000000Z")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        event(started="2026-11-20T08:30:12")


def test_a_message_comes_back_as_it_was_sent() -> None:
    sent = event(
        EventType.ARCHIVED, event=EVENT, missing=[Missing(session=SESSION, first=3, last=5, why="x")]
    )
    assert EventMessage.model_validate_json(sent.payload()) == sent


def test_unknown_fields_are_ignored_on_arrival() -> None:
    newer = json.loads(event().payload()) | {"mood": "fine"}
    assert EventMessage.model_validate(newer) == event()


@pytest.mark.parametrize(
    "wrong",
    [
        {"camera": "Front Door"},
        {"camera": "a" * 64},
        {"event": "yesterday"},
        {"event_type": "rain"},
        {"boxes": [{"x": 2, "y": 0, "width": 1, "height": 1}]},
    ],
)
def test_what_breaks_the_contract_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EventMessage.model_validate(json.loads(event().payload()) | wrong)


def test_a_message_that_arrived_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        event().camera = "yard"  # type: ignore[misc]  # the type checker knows it too


def test_the_longest_events_stay_under_8_kb() -> None:
    said = {
        "event": EVENT, "reason": '"' * 200, "late": True, "started": TIME, "ended": TIME,
        "duration_s": 1 / 3, "score": 1 / 3, "peak": 1 / 3, "changed": 1 / 3,
        "settings_hash": "f" * 16, "outage_s": 1 / 3,
    }  # fmt: skip
    moved = event(EventType.MOTION_END, **said, boxes=[Box(x=1 / 3, y=2 / 3, width=1 / 7, height=1 / 9)] * 16)
    gap = Missing(session=SESSION, first=10**15, last=10**15 + 1, why="x" * 1000)
    archived = event(
        EventType.ARCHIVE_FAILED,
        **said,
        bucket="b" * 63,
        key="k" * 255,
        frames=10**9,
        count=10**9,
        bytes=10**15,
        sha256="f" * 64,
        url="https://" + "u" * 255,
        missing=[gap] * 32,
        why='"' * 1000,
    )
    assert len(moved.payload()) < 8192
    assert 7000 < len(archived.payload()) < 8192


@pytest.mark.parametrize(("field", "most"), [("boxes", 16), ("missing", 32)])
def test_a_list_has_a_bound(field: str, most: int) -> None:
    box = {"x": 0, "y": 0, "width": 1, "height": 1}
    gap = {"session": SESSION, "from": 1, "to": 1, "why": "x"}
    content = json.loads(event().payload())
    entry = box if field == "boxes" else gap
    EventMessage.model_validate(content | {field: [entry] * most})
    with pytest.raises(ValidationError):
        EventMessage.model_validate(content | {field: [entry] * (most + 1)})


def test_a_sentence_from_elsewhere_is_cut_not_refused() -> None:
    long = Missing(session=SESSION, first=1, last=1, why="y" * 5000).why
    assert len(long) == SENTENCE
    assert long.endswith("y…")
    assert Missing(session=SESSION, first=1, last=1, why="y" * SENTENCE).why == "y" * SENTENCE


# -- words that Python keeps for itself ----------------------------------------------------------------------


def test_gaps_say_from_and_to() -> None:
    gap = Missing(session=SESSION, first=3, last=5, why="gone")
    expected = {"session": SESSION, "from": 3, "to": 5, "why": "gone"}
    assert json.loads(gap.payload()) == expected
    assert json.loads(event(missing=[gap]).payload())["missing"] == [expected]
    assert Missing.model_validate(expected) == gap


def test_the_manifest_is_what_scripts_hold_on_to() -> None:
    frame = StoredFrame(session=SESSION, sequence=42, time=TIME, key="door/x.jpg", bytes=7, sha256="f" * 64)
    manifest = Manifest(
        camera="door",
        event=EVENT,
        reason="motion",
        started=TIME,
        ended=TIME,
        frames=[frame],
        missing=[Missing(session=SESSION, first=1, last=2, why="gone")],
    )
    said = json.loads(manifest.payload())
    always = {"camera", "event", "reason", "started", "ended", "frames", "missing", "zones", "version"}
    assert set(said) == always
    assert set(said["frames"][0]) == {"session", "sequence", "time", "key", "bytes", "sha256"}
    assert set(said["missing"][0]) == {"session", "from", "to", "why"}


def test_a_request_says_what_it_is_for() -> None:
    request = Resend(session=SESSION, ranges=[(3, 5)], wanted_for="live", ask="capture")
    assert json.loads(request.payload()) == {
        "session": SESSION,
        "ranges": [[3, 5]],
        "for": "live",
        "ask": "capture",
    }
    answer = Resent(session=SESSION, gone=[(3, 3)], wanted_for=EVENT, by="motion")
    assert json.loads(answer.payload())["for"] == EVENT


# -- numbers -------------------------------------------------------------------------------------------------


def test_numbers_become_ranges_and_come_back() -> None:
    assert ranges([1, 2, 3, 7, 9, 10]) == [(1, 3), (7, 7), (9, 10)]
    assert ranges([]) == []
    request = Resend(session=SESSION, ranges=[(1, 3), (7, 7), (9, 10)], wanted_for="live", ask="motion")
    assert request.numbers(100) == [1, 2, 3, 7, 9, 10]


def test_a_request_for_everything_is_answered_within_bounds() -> None:
    request = Resend(session=SESSION, ranges=[(1, 10**18), (1, 10**18)], wanted_for="live", ask="motion")
    assert request.numbers(5) == [1, 2, 3, 4, 5]


def test_a_range_backwards_is_empty() -> None:
    request = Resend(session=SESSION, ranges=[(5, 1), (7, 8)], wanted_for="live", ask="motion")
    assert request.numbers(5) == [7, 8]


def test_a_handover_may_know_a_number_without_its_time() -> None:
    handover = Handover(
        camera="door",
        event=EVENT,
        reason="motion",
        started=TIME,
        ended=TIME,
        frames=[FrameRef(session=SESSION, sequence=1), FrameRef(session=SESSION, sequence=2, time=TIME)],
    )
    assert Handover.model_validate_json(handover.payload()) == handover


def test_a_service_says_who_it_is() -> None:
    info = ServiceInfo(service="motion", version="1", instance="1", cameras=["door"])
    assert json.loads(info.payload()) == {
        "service": "motion", "version": "1", "instance": "1", "slot": "1/1",
        "cameras": ["door"], "paused": False, "problem": "", "run": "",
    }  # fmt: skip


def test_nothing_is_kept_of_a_message_that_nobody_keeps() -> None:
    payloads = [event(event=f"20261120T083012Z-{number:04x}").payload() for number in range(2000)]
    EventMessage.model_validate_json(payloads[0])
    tracemalloc.start()
    try:
        for payload in payloads:
            EventMessage.model_validate_json(payload)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 10_000  # pydantic's memory of words would have 140 KB
