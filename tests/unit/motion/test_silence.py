"""What a camera's silence says, by a clock that runs only while something could come."""

import pytest

from services.motion.silence import CONNECT_S, LEFT_OVER_S, SILENCE_S, STALE_S, Silence


@pytest.fixture
def silence() -> Silence:
    """Of a camera that has just sent a frame, long after our connect."""
    silence = Silence()
    silence.passed(2 * LEFT_OVER_S)
    silence.broken()
    return silence


def test_a_frame_breaks_it(silence: Silence) -> None:
    silence.passed(STALE_S + 1)
    assert silence.stale
    silence.broken()
    assert not silence.stale
    assert silence.seconds == 0


def test_soon_after_a_connect_it_tells_nothing(silence: Silence) -> None:
    assert silence.tells
    silence.connected()
    silence.passed(CONNECT_S - 0.1)
    assert not silence.tells
    silence.passed(0.2)
    assert silence.tells


def test_it_is_final_only_where_the_camera_said_that_it_is_offline(silence: Silence) -> None:
    silence.passed(SILENCE_S + 0.1)
    assert not silence.final
    silence.explained()
    assert silence.final


def test_a_camera_that_said_so_may_still_have_frames_on_their_way(silence: Silence) -> None:
    silence.explained()
    silence.passed(SILENCE_S)
    assert not silence.final
    silence.broken()
    silence.passed(STALE_S)
    assert not silence.final, "it is back"


def test_what_is_left_waits_longer_than_what_goes_on(silence: Silence) -> None:
    silence.passed(LEFT_OVER_S)
    assert silence.stale
    assert not silence.ends_what_is_left
    silence.passed(0.1)
    assert silence.ends_what_is_left
