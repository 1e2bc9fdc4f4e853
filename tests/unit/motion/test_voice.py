import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.contract.frame import FrameId
from services.motion.events import Opened, Summary
from services.motion.voice import Voice
from tests.unit.links import TOPICS, FakeLink

START = datetime(2026, 11, 20, 8, 30, 0, tzinfo=UTC)
EVENT = "20261120T083000Z-3f9c"
SUMMARY = Summary(
    EVENT, "motion", START, START + timedelta(seconds=2.5), 1.23456, 2.5, ((-0.1, 0.2, 0.3, 1.4),), None
)


class Spoken:
    def __init__(self) -> None:
        self.link, self.control = FakeLink(), FakeLink()
        self.voice = Voice("yard", TOPICS, self.link, self.control)

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(parcel.payload) for parcel in self.control.take("yard/event")]


def test_motion_is_retained_on_the_cameras_own_link_whose_will_is_off() -> None:
    spoken = Spoken()
    spoken.voice.motion(on=True)
    assert spoken.link.held == {"nightjar/camera/yard/motion": b"ON"}
    spoken.voice.motion(on=False)
    assert spoken.link.held == {"nightjar/camera/yard/motion": b"OFF"}


def test_an_event_that_motion_opened_starts_with_motion_start() -> None:
    spoken = Spoken()
    spoken.voice.opened(Opened(EVENT, "motion", START, START), late=False)
    assert spoken.said() == [
        {
            "event_type": "motion_start",
            "camera": "yard",
            "time": "2026-11-20T08:30:00.000000Z",
            "event": EVENT,
            "reason": "motion",
        }
    ]


def test_an_event_that_somebody_triggered_starts_with_manual_and_his_reason() -> None:
    spoken = Spoken()
    spoken.voice.opened(Opened(EVENT, "door bell", START, START), late=False)
    [said] = spoken.said()
    assert (said["event_type"], said["reason"]) == ("manual", "door bell")


def test_an_event_found_after_an_outage_is_marked_late() -> None:
    spoken = Spoken()
    spoken.voice.opened(Opened(EVENT, "motion", START, START), late=True)
    assert spoken.said()[0]["late"] is True


def test_an_event_ends_with_its_duration_and_the_settings_that_made_it() -> None:
    spoken = Spoken()
    spoken.voice.ended(SUMMARY, "0123456789ab")
    [said] = spoken.said()
    assert (said["event_type"], said["duration_s"], said["settings_hash"]) == (
        "motion_end",
        2.5,
        "0123456789ab",
    )


def test_boxes_are_fractions_of_the_picture_whatever_the_detector_says() -> None:
    spoken = Spoken()
    spoken.voice.updated(SUMMARY)
    assert spoken.said()[0]["boxes"] == [{"x": 0.0, "y": 0.2, "width": 0.3, "height": 1.0}]


def test_the_snapshot_is_retained() -> None:
    spoken = Spoken()
    spoken.voice.snapshot(b"jpeg")
    [parcel] = spoken.link.take("snapshot")
    assert (parcel.payload, parcel.retain) == (b"jpeg", True)


def test_a_zone_is_retained_and_one_that_is_gone_is_forgotten() -> None:
    spoken = Spoken()
    spoken.voice.zone("gate", on=True)
    assert spoken.link.held == {"nightjar/camera/yard/zone/gate": b"ON"}
    spoken.voice.no_zone("gate")
    assert spoken.link.held == {"nightjar/camera/yard/zone/gate": b""}


def test_zones_and_the_best_frame_are_in_what_is_said_of_an_event() -> None:
    spoken = Spoken()
    best = FrameId("yard", 0xC0FFEE, 42, START)
    spoken.voice.updated(
        replace(SUMMARY, best=best, zones=("gate", "path"), entered=("path",), left=("gate",))
    )
    [said] = spoken.said()
    assert (said["zones"], said["entered"], said["left"]) == (["gate", "path"], ["path"], ["gate"])
    assert said["best"] == {
        "session": "0000000000c0ffee", "sequence": 42, "time": "2026-11-20T08:30:00.000000Z",
    }  # fmt: skip


def test_the_largest_message_of_an_event_stays_under_8_kb() -> None:
    spoken = Spoken()
    names = tuple(f"{n:02}{'z' * 61}" for n in range(16))
    boxes = ((0.1234567, 0.1234567, 0.1234567, 0.1234567),) * 16
    spoken.voice.ended(replace(SUMMARY, boxes=boxes, zones=names, entered=names, left=names), "0" * 12)
    [parcel] = spoken.control.take("yard/event")
    assert len(parcel.payload) < 8000
