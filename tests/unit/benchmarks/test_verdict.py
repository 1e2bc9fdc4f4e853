"""A leak is found in the longest life, and only there where something is judged."""

from collections.abc import Callable

from benchmarks.lasting.reading import Reading
from benchmarks.lasting.record import Record
from benchmarks.lasting.verdict import all_flat, by_window, findings, lives, nothing_lost

HOUR = 3600.0


def life(pid: int, begin_s: float, end_s: float, mb: Callable[[float], float]) -> list[tuple[float, Reading]]:
    times = [begin_s + n * 30 for n in range(int((end_s - begin_s) / 30))]
    return [(at_s, Reading(pid, mb(at_s), mb(at_s), 20, 12, at_s)) for at_s in times]


def record(mb: Callable[[float], float]) -> Record:
    found = Record()
    for process in ("capture", "motion", "archiver", "gateway"):
        found.readings[process] = life(1, 0, HOUR / 2, lambda s: 80 + s) + life(2, HOUR / 2, 2 * HOUR, mb)
    return found


def test_the_lives_of_a_process_are_told_apart_by_its_id() -> None:
    assert [len(each) for each in lives(life(1, 0, 300, float) + life(2, 300, 900, float))] == [10, 20]


def test_what_stays_as_it_is_is_flat() -> None:
    assert all_flat(findings(record(lambda _: 80.0)))


def test_what_fills_while_it_warms_up_is_flat() -> None:
    assert all_flat(findings(record(lambda at_s: min(at_s, HOUR / 2 + 500) / 10)))


def test_two_megabytes_an_hour_are_not() -> None:
    found = findings(record(lambda at_s: 80 + 2 * at_s / HOUR))
    assert {each.measure for each in found if not each.flat} == {"private_mb", "rss_mb"}


def test_a_life_that_is_too_short_says_nothing_and_is_not_flat() -> None:
    short = Record()
    short.readings["capture"] = life(1, 0, 900, lambda _: 80.0)
    assert not all_flat(findings(short))


def test_a_run_without_an_account_has_not_shown_that_nothing_is_lost() -> None:
    none = Record()
    assert not nothing_lost(none)
    none.account = {"lost": [], "doubled": [], "unanswered": []}
    assert not nothing_lost(none)
    none.verified = {"problems": []}
    assert nothing_lost(none)


def test_windows_show_where_a_life_stopped_growing() -> None:
    grown = life(1, 600, 600 + HOUR / 2 + 60, lambda at_s: min(at_s, 1200) / 10)
    assert by_window(grown, "rss_mb", 600) == [88.5, 120, 120]
