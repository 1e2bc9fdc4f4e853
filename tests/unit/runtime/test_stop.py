"""Whoever waits for something else hears of a stop at once."""

import threading

from services.runtime.stop import LOOK_S, TOLD_S, Stop, told_of


def test_who_asked_is_called_when_it_is_set_and_it_is_set_by_then() -> None:
    stop, heard = Stop(), list[bool]()
    with told_of(stop, lambda: heard.append(stop.is_set())) as wait_s:
        assert wait_s == TOLD_S
        stop.set()
    assert heard == [True]


def test_who_asks_no_more_is_not_called() -> None:
    stop, heard = Stop(), list[str]()
    with told_of(stop, lambda: heard.append("first")):
        with told_of(stop, lambda: heard.append("second")):
            pass
        stop.set()
    assert heard == ["first"]


def test_nobody_is_told_of_a_plain_event_so_it_is_looked_at_often() -> None:
    with told_of(threading.Event(), lambda: None) as wait_s:
        assert wait_s == LOOK_S
