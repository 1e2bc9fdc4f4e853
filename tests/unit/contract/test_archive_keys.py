"""Keys are a function of camera, event, time and number, and no two frames share one."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.contract.archive_keys import DEFAULT_TEMPLATE, KeyLayout, check_key_template, event_start
from services.contract.frame import FrameId

EVENT = "20261119T235959Z-3f9c"
TIME = datetime(2026, 11, 20, 0, 0, 3, 5, tzinfo=UTC)


def frame(sequence: int = 42, time: datetime = TIME) -> FrameId:
    return FrameId("door", 7, sequence, time)


def test_the_default_key_is_the_documented_one() -> None:
    assert (
        KeyLayout().frame_key(frame(), EVENT)
        == "door/2026/11/19/20261119T235959Z-3f9c/20261120T000003.000005Z-00000042.jpg"
    )


def test_frames_after_midnight_stay_in_the_folder_of_the_events_start() -> None:
    layout = KeyLayout()
    before = frame(1, TIME - timedelta(minutes=1))
    assert {layout.frame_key(f, EVENT).rpartition("/")[0] + "/" for f in (before, frame(2))} == {
        layout.event_folder("door", EVENT)
    }


def test_the_manifest_stands_beside_the_frames() -> None:
    assert KeyLayout().manifest_key("door", EVENT) == "door/2026/11/19/20261119T235959Z-3f9c/event.json"


def test_keys_are_in_utc_wherever_the_frame_was_taken() -> None:
    elsewhere = TIME.astimezone(timezone(timedelta(hours=9)))
    assert KeyLayout().frame_key(frame(time=elsewhere), EVENT) == KeyLayout().frame_key(frame(), EVENT)


def test_keys_sort_by_time_and_then_by_number() -> None:
    frames = [frame(n, TIME + timedelta(microseconds=n // 3)) for n in range(98, 120)]
    keys = [KeyLayout().frame_key(f, EVENT) for f in frames]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    "template",
    [
        DEFAULT_TEMPLATE,
        f"experiments/experiment_7/{DEFAULT_TEMPLATE}",
        "{event}/{camera}/day={time:%d}/{camera}_{sequence}_{time:%f.%S%M%H%d%m%Y}.jpg",
    ],
)
@pytest.mark.parametrize("number", [1, 42, 123_456_789_012])
def test_a_key_says_what_it_was_made_from(template: str, number: int) -> None:
    layout = KeyLayout(template)
    found = layout.parse_frame_key(layout.frame_key(frame(number), EVENT))
    assert found is not None
    assert (found.camera, found.event, found.time, found.sequence) == ("door", EVENT, TIME, number)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "door/2026/11/19/20261119T235959Z-3f9c/event.json",
        "door/2026/11/19/20261119T235959Z-3f9c/20261320T000003.000005Z-00000042.jpg",
        "door/2026/11/19/20261119T235959Z-3f9c/20261120T000003x000005Z-00000042.jpg",
        "../2026/11/19/20261119T235959Z-3f9c/20261120T000003.000005Z-00000042.jpg",
    ],
)
def test_other_keys_say_nothing(key: str) -> None:
    assert KeyLayout().parse_frame_key(key) is None


def test_a_placeholder_that_comes_twice_must_say_the_same_twice() -> None:
    layout = KeyLayout("{camera}/{event}/{camera}-{time:%Y%m%d%H%M%S%f}-{sequence}.jpg")
    key = layout.frame_key(frame(), EVENT)
    assert layout.parse_frame_key(key.replace("door/", "gate/")) is None


@pytest.mark.parametrize("event", ["", "../..", "20261119T235959Z", "20261319T235959Z-3f9c", f"{EVENT}/x"])
def test_what_is_no_event_id_makes_no_key(event: str) -> None:
    with pytest.raises(ValueError, match="is no event's id"):
        KeyLayout().frame_key(frame(), event)


@pytest.mark.parametrize("camera", ["", "..", "a/b", "Door"])
def test_what_is_no_camera_makes_no_key(camera: str) -> None:
    with pytest.raises(ValueError, match="is no camera's name"):
        KeyLayout().manifest_key(camera, EVENT)


def test_an_event_id_says_when_it_started() -> None:
    assert event_start(EVENT) == datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC)


_NAME = "{time:%Y%m%dT%H%M%S.%f}Z-{sequence}.jpg"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{camera.__class__}/{event}/" + _NAME, "between its placeholders go A-Z, a-z, 0-9 and /._=-"),
        ("{camera}/{event!r}/" + _NAME, "between its placeholders go A-Z, a-z, 0-9 and /._=-"),
        ("{camera}/{event}/ä" + _NAME, "between its placeholders go A-Z, a-z, 0-9 and /._=-"),
        ("{camera}/{host}/" + _NAME, "it can have {camera}, {event}, {time:…} and {sequence}"),
        ("{camera}/{event:>99}/" + _NAME, "it can have {camera}, {event}, {time:…} and {sequence}"),
        ("{camera}/{time}/{event}/" + _NAME, "{time:…} takes %Y %m %d %H %M %S %f"),
        ("{camera}/{time:%c}/{event}/" + _NAME, "{time:…} takes %Y %m %d %H %M %S %f"),
        ("/{camera}/{event}/" + _NAME, "it has an empty part, '.' or '..'"),
        ("../{camera}/{event}/" + _NAME, "it has an empty part, '.' or '..'"),
        ("{camera}/" + _NAME, "its folder needs {camera} and {event}, and has no {sequence}"),
        (
            "{camera}/{event}/{sequence}/" + _NAME,
            "its folder needs {camera} and {event}, and has no {sequence}",
        ),
        (
            "{camera}/{event}/{sequence}.jpg",
            "its name needs {sequence} and a {time:…} with each of %Y %m %d %H %M %S %f",
        ),
        ("{camera}/{event}/" + _NAME[:-3] + "png", "its name ends in .jpg"),
    ],
)
def test_a_template_that_would_lose_frames_is_refused_with_its_reason(template: str, reason: str) -> None:
    assert (
        check_key_template(template)
        == f"archive.key cannot be {template!r}: {reason}, as in {DEFAULT_TEMPLATE}"
    )
    with pytest.raises(ValueError, match=r"archive\.key cannot be"):
        KeyLayout(template)
