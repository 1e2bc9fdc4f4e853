"""Turns are fair: whoever asked first goes first, and nobody slips in between."""

import threading
import time

from services.motion.turns import Turns, cores


def ask(turns: Turns, name: str, order: list[str]) -> threading.Thread:
    """Somebody asks for a turn in a thread of its own, and waits for it by the time that this returns."""

    def look() -> None:
        with turns.turn():
            order.append(name)

    waiting = len(turns._waiting)
    thread = threading.Thread(target=look)
    thread.start()
    until_s = time.monotonic() + 5
    while len(turns._waiting) == waiting and thread.is_alive() and time.monotonic() < until_s:
        time.sleep(0.001)
    return thread


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    turns, order = Turns(1), list[str]()
    with turns.turn():
        threads = [ask(turns, name, order) for name in "abcde"]
        assert order == []
    for thread in threads:
        thread.join(5)
    assert order == list("abcde")


def test_a_turn_that_is_given_back_goes_to_who_waits_and_not_to_who_asks_again() -> None:
    turns, order = Turns(1), list[str]()
    turns._take()
    other = ask(turns, "other", order)
    turns._give_back()
    again = ask(turns, "again", order)
    other.join(5)
    again.join(5)
    assert order == ["other", "again"]


def test_so_many_go_at_a_time_and_no_more() -> None:
    turns, order = Turns(2), list[str]()
    with turns.turn():
        ask(turns, "second", order).join(5)
        assert order == ["second"]
        turns._take()
        third = ask(turns, "third", order)
        assert order == ["second"]
        turns._give_back()
        third.join(5)
    assert order == ["second", "third"]


def test_a_turn_that_fails_is_given_back() -> None:
    turns = Turns(1)
    try:
        with turns.turn():
            raise ValueError
    except ValueError:
        pass
    with turns.turn():
        pass


def test_there_is_a_core() -> None:
    assert cores() >= 1
