from datetime import UTC, datetime, timedelta

from services.motion.visits import Visits, ZoneMotion

START = datetime(2026, 11, 20, 8, 30, 0, tzinfo=UTC)


def at(time_s: float) -> datetime:
    return START + timedelta(seconds=time_s)


def test_a_zone_is_entered_once_and_left_when_nothing_has_moved_in_it_for_two_seconds() -> None:
    visits = Visits()
    assert visits.see(at(0), ("gate",)) == [ZoneMotion("gate", True, at(0))]
    assert visits.see(at(1), ("gate",)) == []
    assert visits.see(at(2), ()) == []
    assert visits.see(at(3), ()) == []
    assert visits.see(at(3.1), ()) == [ZoneMotion("gate", False, at(3.1))]


def test_who_walks_on_enters_the_next_zone_before_the_last_is_left() -> None:
    visits = Visits()
    visits.see(at(0), ("gate",))
    visits.see(at(1), ("path",))
    before = visits.inside
    visits.see(at(2.5), ("path",))
    assert (before, visits.inside) == (("gate", "path"), ("path",))


def test_when_nobody_looks_any_more_all_zones_are_left() -> None:
    visits = Visits()
    visits.see(at(0), ("gate", "path"))
    assert {change.zone for change in visits.close(at(1)) if not change.on} == {"gate", "path"}
    assert visits.close(at(2)) == []
