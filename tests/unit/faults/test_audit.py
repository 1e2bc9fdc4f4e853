"""The account of the fault suite: what it calls lost, doubled, skipped and cut off."""

from collections import Counter

from tests.faults.audit import Account, audit, wanted
from tests.faults.lenses import Picture
from tests.faults.witness import Number

ONE, TWO = "1" * 16, "2" * 16


def film(count: int = 40, moving: range = range(20, 30)) -> list[Picture]:
    """Ten pictures a second."""
    return [Picture(n, n in moving, n / 10) for n in range(1, count + 1)]


def numbered(pictures: range, first: int = 1, session: str = ONE) -> dict[Number, int]:
    return {(session, first + n): picture for n, picture in enumerate(pictures)}


def account(
    seen: dict[Number, int], stored: dict[Number, int], *, may_cut_off: bool = False, twice: int = 0
) -> Account:
    copies = Counter(dict.fromkeys(stored, 1))
    if twice:
        copies[ONE, twice] += 1
    return audit("cam", film(), seen, stored, copies, may_cut_off=may_cut_off)


def test_an_event_needs_what_moved_and_a_moment_before() -> None:
    assert [picture.number for picture in wanted(film())] == list(range(12, 30))
    assert wanted(film(moving=range(0))) == []


def test_what_is_stored_is_counted() -> None:
    found = account(numbered(range(1, 41)), numbered(range(10, 35), 10))
    assert (found.made, found.stored, found.lost, found.doubled) == (18, 18, [], [])


def test_what_was_seen_and_is_not_stored_is_lost() -> None:
    stored = numbered(range(10, 35), 10)
    del stored[ONE, 15]
    assert account(numbered(range(1, 41)), stored).lost == [f"cam: picture 15, number 15 of {ONE}"]


def test_what_nobody_saw_is_lost_too_where_the_numbers_tell_of_it() -> None:
    known = {number: picture for number, picture in numbered(range(1, 41)).items() if picture != 15}
    found = account(known, known)
    assert found.lost == [f"cam: picture 15, between number 14 of {ONE} and 16 of {ONE}"]
    assert found.made == 18


def test_a_picture_that_got_no_number_is_skipped_and_not_lost() -> None:
    known = {**numbered(range(1, 15)), **numbered(range(16, 41), 15)}
    found = account(known, known)
    assert (found.made, found.stored, found.skipped, found.lost) == (17, 17, 1, [])


def test_what_went_with_a_capture_that_was_killed_is_cut_off() -> None:
    known = {**numbered(range(1, 28)), **numbered(range(30, 41), 1, TWO)}
    assert len(account(known, known).lost) == 2
    found = account(known, known, may_cut_off=True)
    assert (found.made, found.lost, found.cut_off) == (8, [], 2)


def test_but_not_what_it_had_handed_over() -> None:
    seen = {**numbered(range(1, 29)), **numbered(range(29, 41), 1, TWO)}
    stored = {number: picture for number, picture in seen.items() if picture != 27}
    assert account(seen, stored, may_cut_off=True).lost == [f"cam: picture 27, number 27 of {ONE}"]


def test_one_number_under_two_keys_and_one_picture_with_two_numbers_are_doubled() -> None:
    stored = numbered(range(10, 35), 10)
    assert account(stored, stored, twice=20).doubled == [f"cam: number 20 of {ONE} is under 2 keys"]
    twice = {**stored, (ONE, 99): 20}
    assert account(twice, twice).doubled == ["cam: picture 20 has two numbers"]
