"""The outbox keeps order and bounds over every lost connection, and tells what it drops."""

import threading

from services.runtime.mqtt import Outbox, Parcel


def parcel(name: str, size: int = 1) -> Parcel:
    return Parcel(name, bytes(size))


def take_all(outbox: Outbox) -> list[Parcel]:
    taken = []
    while each := outbox.take():
        taken.append(each)
    return taken


def names(parcels: list[Parcel]) -> str:
    return "".join(each.topic for each in parcels)


def filled(window: int, letters: str) -> Outbox:
    outbox = Outbox(window)
    for letter in letters:
        outbox.put(parcel(letter))
    return outbox


def test_parcels_come_in_order_and_as_many_as_the_window_allows() -> None:
    outbox = filled(3, "abcdef")
    assert names(take_all(outbox)) == "abc"
    assert not outbox.ready()


def test_each_one_taken_makes_room_for_another() -> None:
    outbox = filled(3, "abcdef")
    a, b, _ = take_all(outbox)
    outbox.taken(b)
    assert outbox.ready()
    assert names(take_all(outbox)) == "d"
    outbox.taken(a)
    assert names(take_all(outbox)) == "e"


def test_after_a_lost_connection_what_was_not_taken_comes_first_in_the_same_order() -> None:
    outbox = filled(4, "abcdef")
    _, b, _, _ = take_all(outbox)
    outbox.taken(b)
    outbox.rewind()
    assert names(take_all(outbox)) == "acde"


def test_what_the_old_connection_says_after_a_rewind_counts_for_nothing() -> None:
    told: list[str] = []
    outbox = Outbox(1)
    outbox.put(Parcel("a", b"1", on_taken=lambda: told.append("a")))
    late = outbox.take()
    assert late
    outbox.rewind()
    outbox.taken(late)
    assert (told, len(outbox), outbox.bytes) == ([], 1, 1)
    again = outbox.take()
    assert again is late
    outbox.taken(late)
    outbox.taken(late)
    assert (told, len(outbox), outbox.bytes) == (["a"], 0, 0)


def test_its_bytes_are_what_waits_and_what_is_not_acknowledged() -> None:
    outbox = Outbox(1)
    for name in "ab":
        outbox.put(parcel(name, 10))
    first = outbox.take()
    assert first
    assert outbox.bytes == 20
    outbox.taken(first)
    assert outbox.bytes == 10


def test_the_oldest_is_dropped_and_told() -> None:
    lost: list[Parcel] = []
    outbox = Outbox(5, max_bytes=30, on_lost=lost.append)
    for name in "abcde":
        outbox.put(parcel(name, 10))
    assert names(lost) == "ab"
    assert (names(take_all(outbox)), outbox.bytes) == ("cde", 30)


def test_what_is_with_the_broker_is_not_dropped() -> None:
    lost: list[Parcel] = []
    outbox = Outbox(2, max_bytes=30, on_lost=lost.append)
    for name in "ab":
        outbox.put(parcel(name, 10))
    given = take_all(outbox)
    for name in "cde":
        outbox.put(parcel(name, 10))
    assert names(lost) == "cd"
    outbox.rewind()
    assert names(given + take_all(outbox)[2:]) == "ab"
    assert outbox.bytes == 30


def test_the_newest_is_kept_however_large() -> None:
    lost: list[Parcel] = []
    outbox = Outbox(2, max_bytes=5, on_lost=lost.append)
    outbox.put(parcel("a", 3))
    outbox.put(parcel("b", 100))
    assert (names(lost), names(take_all(outbox))) == ("a", "b")


def test_without_a_bound_nothing_is_dropped() -> None:
    outbox = filled(1000, "x" * 1000)
    assert len(take_all(outbox)) == 1000


def test_what_the_broker_never_takes_is_lost_and_told() -> None:
    lost: list[Parcel] = []
    outbox = Outbox(2, on_lost=lost.append)
    outbox.put(parcel("a", 10))
    given = outbox.take()
    assert given
    outbox.give_up(given)
    outbox.give_up(given)
    assert (names(lost), len(outbox), outbox.bytes) == ("a", 0, 0)


def test_threads_lose_and_repeat_nothing() -> None:
    outbox = Outbox(8)
    told: list[int] = []
    count = 2000

    def fill(part: int) -> None:
        for n in range(part, count, 2):
            outbox.put(Parcel(str(n), b"x", on_taken=lambda n=n: told.append(n)))  # type: ignore[misc]  # its default is an int

    fillers = [threading.Thread(target=fill, args=(part,)) for part in (0, 1)]
    for filler in fillers:
        filler.start()
    turn = 0
    while len(told) < count:
        given = take_all(outbox)
        turn += 1
        for each in given[: len(given) if turn % 7 else 3]:
            outbox.taken(each)
        if turn % 7 == 0:
            outbox.rewind()
    for filler in fillers:
        filler.join()
    assert sorted(told) == list(range(count))
    assert [n for n in told if n % 2] == list(range(1, count, 2))
    assert outbox.bytes == 0
