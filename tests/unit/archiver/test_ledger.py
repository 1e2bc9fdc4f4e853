from services.archiver.ledger import MOST_EVENTS, Ledger
from tests.unit.archiver.events import EVENT, LATER, SESSION_HEX, stored


def test_a_frame_that_was_stored_is_in_its_events_account() -> None:
    ledger = Ledger()
    ledger.stored("yard", EVENT, stored(1), 0)
    assert ledger.of("yard", EVENT).stored == {(SESSION_HEX, 1): stored(1)}
    assert ledger.of("door", EVENT).stored == {}


def test_a_frame_that_was_given_up_is_there_with_its_reason() -> None:
    ledger = Ledger()
    ledger.failed("yard", EVENT, (SESSION_HEX, 1), "too large", 0)
    assert ledger.of("yard", EVENT).failed == {(SESSION_HEX, 1): "too large"}


def test_a_closed_event_is_forgotten() -> None:
    ledger = Ledger()
    ledger.stored("yard", EVENT, stored(1), 0)
    ledger.close("yard", EVENT)
    assert ledger.of("yard", EVENT).stored == {}


def test_what_comes_of_an_earlier_event_counts_as_on_the_way_to_this_one() -> None:
    ledger = Ledger()
    ledger.stored("yard", EVENT, stored(1), 5.0)
    assert ledger.of("yard", LATER).came_s == 5.0


def test_what_comes_of_a_later_event_or_of_another_camera_does_not() -> None:
    ledger = Ledger()
    ledger.stored("yard", EVENT, stored(1), 1.0)
    ledger.stored("yard", LATER, stored(2), 5.0)
    ledger.stored("door", EVENT, stored(3), 6.0)
    assert ledger.of("yard", EVENT).came_s == 1.0


def test_to_ask_leaves_no_trace() -> None:
    ledger = Ledger()
    ledger.of("yard", EVENT)
    assert ledger.of("yard", LATER).came_s == float("-inf")


def test_events_that_are_never_handed_over_do_not_fill_the_memory() -> None:
    ledger = Ledger()
    for number in range(MOST_EVENTS + 1):
        ledger.stored("yard", f"20261120T083000Z-{number:08x}", stored(1), 0)
    assert ledger.of("yard", f"20261120T083000Z-{0:08x}").stored == {}
    assert ledger.of("yard", f"20261120T083000Z-{1:08x}").stored
