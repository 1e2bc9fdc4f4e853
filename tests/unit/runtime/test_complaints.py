"""What is wrong with the broker is said once for a process, and once when it is well again."""

import logging

import pytest

from services.runtime.mqtt.complaints import Complaints

AWAY = "the broker mqtt://b:1883 cannot be reached: connection refused"


@pytest.fixture(autouse=True)
def _all_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_a_broker_that_is_away_is_said_once_however_many_meet_it(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints()
    for _ in range(3):
        for who in ("capture", "capture-door", "capture-yard"):
            complaints.wrong(who, AWAY)
    assert caplog.messages == [f"{AWAY}; trying again for as long as it takes"]


def test_that_it_is_back_is_said_once_when_the_last_one_is_connected(
    caplog: pytest.LogCaptureFixture,
) -> None:
    complaints = Complaints()
    complaints.wrong("a", AWAY)
    complaints.wrong("b", AWAY)
    caplog.clear()
    complaints.well("a", "mqtt://b:1883")
    assert caplog.messages == []
    complaints.well("b", "mqtt://b:1883")
    complaints.well("b", "mqtt://b:1883")
    assert caplog.messages == ["connected to the broker mqtt://b:1883 again"]


def test_another_problem_is_said_too(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints()
    complaints.wrong("a", AWAY)
    complaints.wrong("a", "the broker refuses the user 'x'")
    assert len(caplog.messages) == 2


def test_what_was_mended_and_breaks_again_is_said_again(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints()
    complaints.wrong("a", AWAY)
    complaints.well("a", "b")
    complaints.wrong("a", AWAY)
    assert len(caplog.messages) == 3


def test_who_connects_at_the_first_try_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints()
    complaints.well("a", "b")
    assert caplog.messages == []


def test_who_stops_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints()
    complaints.wrong("a", AWAY)
    complaints.wrong("b", AWAY)
    complaints.forget("a")
    complaints.well("b", "b")
    assert caplog.messages[-1] == "connected to the broker b again"
