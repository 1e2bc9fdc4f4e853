"""Topics are what the design promises, and are taken apart again."""

import pytest

from services.contract import topics as leaf
from services.contract.topics import ANY, Topics

T = Topics()


@pytest.mark.parametrize(
    ("topic", "promised"),
    [
        (T.camera("door", leaf.STATUS), "nightjar/camera/door/status"),
        (T.camera("door", leaf.HEALTH_DETAIL), "nightjar/camera/door/health/detail"),
        (T.zone("door", "steps"), "nightjar/camera/door/zone/steps"),
        (T.handover("door", "20261120T083012Z-3f9c"), "nightjar/camera/door/handover/20261120T083012Z-3f9c"),
        (T.setting_set("door", "enabled"), "nightjar/camera/door/enabled/set"),
        (T.setting_state("door", "enabled"), "nightjar/camera/door/enabled/state"),
        (T.setting_error("door", "enabled"), "nightjar/camera/door/enabled/error"),
        (T.stats("door", "motion"), "nightjar/camera/door/stats/motion"),
        (T.want("door", "gateway-1"), "nightjar/camera/door/want/gateway-1"),
        (T.service("motion", "1"), "nightjar/service/motion/1"),
        (T.service_info("motion", "1"), "nightjar/service/motion/1/info"),
        (T.frames("door", leaf.LIVE), "nightjar-frames/door/live"),
        (T.event_frames("door", ANY), "nightjar-frames/door/event/+"),
        (Topics("home").frames("door", leaf.LIVE), "home-frames/door/live"),
    ],
)
def test_a_topic_is_where_people_look_for_it(topic: str, promised: str) -> None:
    assert topic == promised


@pytest.mark.parametrize(
    ("topic", "parts"),
    [
        ("nightjar/camera/door/status", ("door", "status")),
        ("nightjar/camera/door/health/detail", ("door", "health/detail")),
        ("nightjar-frames/door/event/20261120T083012Z-3f9c", ("door", "event/20261120T083012Z-3f9c")),
        ("nightjar/camera/door", None),
        ("nightjar/camera/door/", None),
        ("nightjar/service/motion/1", None),
        ("nightjar-frames-2/door/live", None),
        ("other/camera/door/status", None),
        ("", None),
    ],
)
def test_a_cameras_topic_is_taken_apart(topic: str, parts: tuple[str, str] | None) -> None:
    assert T.split(topic) == parts


def test_whoever_subscribes_to_the_small_things_gets_no_pictures() -> None:
    assert not T.frames("door", leaf.LIVE).startswith(f"{T.prefix}/")
