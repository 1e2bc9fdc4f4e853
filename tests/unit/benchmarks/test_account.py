"""The account of a long run finds what is lost, doubled, cut off and never answered."""

from datetime import UTC, datetime

from benchmarks.lasting.account import Account, CameraBook, settle
from services.contract.archive import Manifest, StoredFrame
from services.contract.events import Missing

ONE, TWO = "0" * 15 + "1", "0" * 15 + "2"
EVENT = "20261120T083012Z-3f9c"
AT = datetime(2026, 11, 20, 8, 30, 12, tzinfo=UTC)


def manifest(numbers: list[int], missing: tuple[int, int] | None = None, event: str = EVENT) -> Manifest:
    frames = [
        StoredFrame(session=ONE, sequence=n, time=AT, key=f"{event}/{n}.jpg", bytes=1, sha256="")
        for n in numbers
    ]
    gaps = [Missing(session=ONE, first=missing[0], last=missing[1], why="gone")] if missing else []
    return Manifest(
        camera="yard", event=event, reason="motion", started=AT, ended=AT, frames=frames, missing=gaps
    )


def book(seen: int, *, in_event: range, answered: bool = True) -> CameraBook:
    found = CameraBook()
    for n in range(1, seen + 1):
        found.carried((ONE, n))
    found.belongs(EVENT, [(ONE, n) for n in in_event])
    if answered:
        found.answered(EVENT, "archived")
    return found


def test_what_is_in_an_event_and_in_the_store_is_not_lost() -> None:
    account = settle("yard", book(20, in_event=range(5, 10)), [manifest([5, 6, 7, 8, 9])])
    assert account == Account(numbered=20, published=20, events=1, in_events=5, stored=5)


def test_a_frame_of_an_event_that_is_not_in_the_store_is_lost() -> None:
    account = settle("yard", book(20, in_event=range(5, 10)), [manifest([5, 6, 8, 9])])
    assert account.lost == [f"yard: number 7 of {ONE}"]


def test_so_is_one_that_only_the_manifest_knows_to_be_missing() -> None:
    account = settle("yard", book(20, in_event=range(5, 9)), [manifest([5, 6, 7, 8], missing=(9, 9))])
    assert account.lost == [f"yard: number 9 of {ONE}"]


def test_what_a_capture_took_along_when_it_ended_was_never_anybodys() -> None:
    kept = book(8, in_event=range(5, 9))
    kept.numbered(ONE, 9)
    kept.carried((TWO, 1))
    account = settle("yard", kept, [manifest([5, 6, 7, 8], missing=(9, 9))])
    assert (account.lost, account.cut_off) == ([], 1)


def test_but_a_hole_before_what_it_still_said_is_a_loss() -> None:
    kept = book(8, in_event=range(5, 9))
    kept.carried((ONE, 10))
    kept.carried((TWO, 1))
    assert settle("yard", kept, [manifest([5, 6, 7, 8], missing=(9, 9))]).lost == [f"yard: number 9 of {ONE}"]


def test_one_number_under_two_keys_is_doubled() -> None:
    other = manifest([9], event="20261120T083112Z-3f9d")
    account = settle("yard", book(20, in_event=range(5, 10)), [manifest([5, 6, 7, 8, 9]), other])
    assert account.doubled == [f"yard: number 9 of {ONE} is under two keys"]


def test_an_event_that_nobody_answered_is_named_and_its_frames_are_not_judged() -> None:
    account = settle("yard", book(20, in_event=range(5, 10), answered=False), [])
    assert (account.unanswered, account.lost) == ([f"yard/{EVENT}"], [])


def test_an_answer_that_was_not_heard_is_seen_in_the_store() -> None:
    account = settle("yard", book(20, in_event=range(5, 10), answered=False), [manifest([5, 6, 7, 8, 9])])
    assert account.unanswered == []
