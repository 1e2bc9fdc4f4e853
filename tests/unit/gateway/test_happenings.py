from datetime import timedelta

from services.contract.events import EventMessage, EventType
from services.gateway.live.happenings import MAX_HAPPENINGS, Happenings, Stage
from tests.unit.gateway.frames import NOW

EVENT = "20261120T083012Z-3f9c"


def message(kind: EventType, event: str | None = EVENT, **more: object) -> EventMessage:
    return EventMessage.model_validate(
        {"event_type": kind, "camera": "door", "time": NOW, "event": event, **more}
    )


def test_an_event_goes_through_its_stages() -> None:
    happenings = Happenings()
    said = [
        message(EventType.MOTION_START, reason="motion"),
        message(EventType.MOTION_END, started=NOW, ended=NOW + timedelta(seconds=4)),
        message(EventType.ARCHIVED),
    ]
    stages = [taken.stage for each in said if (taken := happenings.take(each))]
    assert stages == [Stage.OPEN, Stage.ENDED, Stage.ARCHIVED]
    (known,) = happenings
    assert (known.reason, known.ended) == ("motion", NOW + timedelta(seconds=4))


def test_what_was_said_before_is_nothing_new() -> None:
    happenings = Happenings()
    assert happenings.take(message(EventType.MOTION_START))
    assert happenings.take(message(EventType.MOTION_START)) is None


def test_an_update_that_was_overtaken_does_not_open_it_again() -> None:
    happenings = Happenings()
    happenings.take(message(EventType.ARCHIVED))
    assert happenings.take(message(EventType.MOTION_UPDATE)) is None
    assert [known.stage for known in happenings] == [Stage.ARCHIVED]


def test_what_is_no_event_with_frames_is_left_out() -> None:
    happenings = Happenings()
    assert happenings.take(message(EventType.CAMERA_BACK, event=None)) is None
    assert list(happenings) == []


def test_an_event_that_was_given_up_says_why() -> None:
    happenings = Happenings()
    happenings.take(message(EventType.ARCHIVE_FAILED, why="the disk is full"))
    assert [(known.stage, known.why) for known in happenings] == [(Stage.FAILED, "the disk is full")]


def test_only_the_latest_are_remembered_newest_first() -> None:
    happenings = Happenings()
    for n in range(MAX_HAPPENINGS + 5):
        happenings.take(message(EventType.MOTION_START, event=f"20261120T083012Z-{n:04x}"))
    known = [happening.event for happening in happenings]
    assert (len(known), known[0]) == (MAX_HAPPENINGS, f"20261120T083012Z-{MAX_HAPPENINGS + 4:04x}")


def test_what_waits_on_the_archivers_disk_is_on_its_way_from_there() -> None:
    happenings = Happenings()
    kinds = [EventType.MOTION_END, EventType.SPOOLED, EventType.MOTION_UPDATE, EventType.ARCHIVED]
    stages = [taken.stage for kind in kinds if (taken := happenings.take(message(kind)))]
    assert stages == [Stage.ENDED, Stage.SPOOLED, Stage.ARCHIVED]
