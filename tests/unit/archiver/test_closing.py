from services.archiver.closing import GRACE_S, Close, Closing, Look
from services.archiver.ledger import EventAccount
from services.contract.archive import Manifest
from services.contract.events import Missing
from services.contract.handover import Resend, Resent
from tests.unit.archiver.events import EVENT, SESSION_HEX, handover, key, stored

MOTION, CAPTURE = "motion", "capture"


def account(*sequences: int, came_s: float = float("-inf")) -> EventAccount:
    return EventAccount({(SESSION_HEX, n): stored(n) for n in sequences}, {}, came_s)


def gone(*ranges: tuple[int, int], by: str) -> Resent:
    return Resent.model_validate({"session": SESSION_HEX, "gone": ranges, "for": EVENT, "by": by})


def play(closing: Closing, known: EventAccount, until_s: float = 60) -> list[tuple[float, object]]:
    """What it does and when, in steps of a tenth of a second, until it closes."""
    done: list[tuple[float, object]] = []
    for tenth in range(round(until_s * 10)):
        todo = closing.step(known, tenth / 10)
        if todo:
            done.append((tenth / 10, todo))
        if isinstance(todo, Look):
            closing.saw(todo.known)
        if isinstance(todo, Close):
            break
    return done


def asks(done: list[tuple[float, object]]) -> list[tuple[float, str]]:
    return [(when, todo[0].ask) for when, todo in done if isinstance(todo, list)]


def closed(done: list[tuple[float, object]]) -> Manifest:
    todo = done[-1][1]
    assert isinstance(todo, Close)
    return todo.manifest


def test_an_event_whose_frames_are_all_stored_is_closed_when_they_have_been_seen_there() -> None:
    done = play(Closing(handover(1, 2, 3), 0), account(1, 2, 3))
    assert done[0] == (0, Look(frozenset({key(1), key(2), key(3)})))
    assert done[1][0] == 0.1
    assert [frame.sequence for frame in closed(done).frames] == [1, 2, 3]
    assert closed(done).missing == []


def test_a_frame_that_is_in_the_store_no_more_is_asked_for_again_and_looked_for_when_it_came() -> None:
    closing = Closing(handover(1, 2), 0)
    assert closing.step(account(1, 2), 0) == Look(frozenset({key(1), key(2)}))
    closing.saw([key(1)])
    assert asks(play(closing, account(1), until_s=1.5)) == [(GRACE_S, MOTION)]
    assert closing.step(account(1, 2), 2) == Look(frozenset({key(1), key(2)}))
    closing.saw([key(1), key(2)])
    assert isinstance(closing.step(account(1, 2), 2.1), Close)


def test_after_a_store_that_was_away_everything_is_looked_for_again() -> None:
    closing = Closing(handover(1), 0)
    closing.step(account(1), 0)
    closing.saw([key(1)])
    closing.look_again()
    assert closing.step(account(1), 0.1) == Look(frozenset({key(1)}))


def test_a_missing_frame_is_looked_for_in_the_store_before_anybody_is_asked() -> None:
    done = play(Closing(handover(1, 2), 0), account(1))
    assert done[0] == (GRACE_S, Look(frozenset({key(1)})))


def test_motion_is_asked_three_times_1_4_and_16_seconds_apart_and_then_capture() -> None:
    done = play(Closing(handover(1, 2), 0), account(1))
    first = 0.6
    assert asks(done) == [
        (first, MOTION),
        (first + 1, MOTION),
        (first + 5, MOTION),
        (first + 21, CAPTURE),
        (first + 22, CAPTURE),
        (first + 26, CAPTURE),
    ]
    assert done[-1][0] == first + 42


def test_a_request_names_the_missing_numbers_the_event_and_who_is_asked() -> None:
    closing = Closing(handover(1, 2, 3, 4, 5), 0)
    closing.step(account(1, 4), GRACE_S)
    assert closing.step(account(1, 4), GRACE_S) == [
        Resend(session=SESSION_HEX, ranges=[(2, 3), (5, 5)], wanted_for=EVENT, ask=MOTION)
    ]


def test_what_motion_no_longer_has_is_asked_of_capture_after_its_wait() -> None:
    closing = Closing(handover(1, 2), 0)
    closing.resent(gone((2, 2), by=MOTION))
    assert {who for _, who in asks(play(closing, account(1)))} == {CAPTURE}


def test_what_nobody_has_is_given_up_at_once() -> None:
    closing = Closing(handover(1, 2, 3), 0)
    closing.resent(gone((2, 3), by=MOTION))
    closing.resent(gone((2, 3), by=CAPTURE))
    done = play(closing, account(1))
    assert done[-1][0] < GRACE_S
    assert closed(done).missing == [
        Missing(session=SESSION_HEX, first=2, last=3, why="nobody has it any more")
    ]


def test_nobody_is_asked_while_frames_still_come() -> None:
    closing = Closing(handover(1, 2), 0)
    assert closing.step(account(1, came_s=59.8), 60) == []
    assert closing.step(account(1, came_s=59.8), 60.4) != []


def test_nothing_is_given_up_while_repairs_still_come() -> None:
    """A thousand frames at 20 a second take longer than all waits together."""
    closing = Closing(handover(*range(1, 1000)), 0)
    for tenth in range(1, 500):
        came = account(*range(1, 2 * tenth + 1), came_s=tenth / 10)
        assert not isinstance(closing.step(came, tenth / 10 + 0.05), Close) or 2 * tenth >= 999


def test_frames_that_the_store_rejected_are_missing_with_its_reason_and_not_asked_for() -> None:
    known = account(1)
    known.failed[SESSION_HEX, 2] = "too large"
    done = play(Closing(handover(1, 2), 0), known)
    assert asks(done) == []
    assert closed(done).missing == [Missing(session=SESSION_HEX, first=2, last=2, why="too large")]


def test_what_motion_has_given_up_stands_in_the_manifest() -> None:
    lost = Missing(session=SESSION_HEX, first=2, last=2, why="capture no longer has it")
    done = play(Closing(handover(1, 3, missing=(lost,)), 0), account(1, 3))
    assert closed(done).missing == [lost]


def test_the_manifest_lists_what_is_stored_even_where_the_handover_does_not_know_of_it() -> None:
    done = play(Closing(handover(1), 0), account(3, 1, 2))
    assert [frame.sequence for frame in closed(done).frames] == [1, 2, 3]


def test_an_absurd_answer_costs_nothing() -> None:
    closing = Closing(handover(1, 2), 0)
    closing.resent(gone((-(10**15), 10**18), by=MOTION))
    closing.resent(gone((0, 10**18), by=CAPTURE))
    assert closed(play(closing, account(1))).missing
