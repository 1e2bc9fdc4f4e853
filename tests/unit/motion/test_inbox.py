import threading
import time

from services.motion.inbox import MOST_WAITING, Inbox


def emptied(inbox: Inbox) -> int:
    """How much work was waiting."""
    count = 0
    while work := inbox.next():
        work()
        count += 1
    return count


def test_work_is_done_in_the_order_in_which_it_came_whether_it_woke_anybody_or_not() -> None:
    inbox, done = Inbox(), list[int]()
    for n in range(6):
        inbox.put(lambda n=n: done.append(n), wake=n % 2 == 0)  # type: ignore[misc]  # a default is typed
    assert emptied(inbox) == 6
    assert done == list(range(6))


def test_what_is_to_wake_nobody_is_done_when_the_wait_is_over() -> None:
    inbox = Inbox()
    late = threading.Timer(0.05, lambda: inbox.put(lambda: None, wake=False))
    began_s = time.monotonic()
    late.start()
    assert inbox.next(0.3) is not None
    assert time.monotonic() - began_s >= 0.29


def test_what_is_to_wake_somebody_does() -> None:
    inbox = Inbox()
    threading.Timer(0.05, lambda: inbox.put(lambda: None)).start()
    began_s = time.monotonic()
    assert inbox.next(10) is not None
    assert time.monotonic() - began_s < 5


def test_so_many_that_the_window_may_end_wake_somebody_up_too() -> None:
    inbox = Inbox()
    for _ in range(MOST_WAITING):
        threading.Timer(0.05, lambda: inbox.put(lambda: None, wake=False)).start()
    began_s = time.monotonic()
    assert inbox.next(10) is not None
    assert time.monotonic() - began_s < 5


def test_a_ring_ends_the_wait_for_nothing() -> None:
    inbox = Inbox()
    inbox.ring()
    assert inbox.next(10) is None


def test_rings_that_came_while_there_was_work_end_one_wait_and_not_many() -> None:
    inbox = Inbox()
    for _ in range(1000):
        inbox.put(lambda: None)
    assert emptied(inbox) == 1000
    assert inbox.next(10) is None  # at once, for all of them
    began_s = time.monotonic()
    assert inbox.next(0.1) is None
    assert time.monotonic() - began_s >= 0.09
