"""What so many cameras need grows with them, and follows from the costs and the assumptions alone."""

from dataclasses import replace

import pytest

from benchmarks.capacity import PAGE, filled_in, measured_costs, number, tables
from benchmarks.needs import Assumptions, Costs, Prices, limits, needs

COSTS = Costs(
    capture_ms=0.3,
    motion_ms=1.0,
    motion_event_ms=0.5,
    archiver_event_ms=0.7,
    broker_ms=0.1,
    broker_event_ms=0.1,
    rabbitmq_ms=2.0,
    store_event_ms=2.0,
    viewer_ms=0.02,
    service_mb=80,
    capture_mb=1,
    motion_mb=3,
    archiver_per_s=500,
    lists_per_event=3,
    archiver_event_bytes=244,
)


def test_ten_times_the_cameras_keep_ten_times_the_cores_busy() -> None:
    few, many = (needs(count, COSTS, Assumptions(), Prices()) for count in (100, 1000))
    for part, cores in few.cores.items():
        assert many.cores[part] == pytest.approx(10 * cores)


def test_every_frame_of_an_event_is_a_put_and_its_manifest_and_lists_a_few_more() -> None:
    house = Assumptions(fps=4, event_share=0.25, event_s=10)
    month_s = 30 * 86_400
    assert needs(1, COSTS, house, Prices()).puts_month == pytest.approx(month_s * (1 + 4 / 40))


def test_what_is_kept_costs_less_a_terabyte_the_more_it_is() -> None:
    prices = Prices()
    assert prices.stored(10) == pytest.approx(230)
    assert prices.stored(600) == pytest.approx(50 * 23 + 450 * 22 + 100 * 21)


def test_a_dearer_frame_fills_a_motion_with_fewer_cameras() -> None:
    def cameras(costs: Costs) -> int:
        return next(each.cameras for each in limits(costs, Assumptions()) if each.part == "one motion")

    assert cameras(replace(COSTS, motion_ms=2.0)) < cameras(COSTS)


def test_numbers_have_two_digits_that_count() -> None:
    assert [number(value) for value in (0.0, 0.0123, 0.5, 1.26, 12.4, 1234.0)] == [
        "0",
        "0.012",
        "0.50",
        "1.3",
        "12",
        "1\u202f200",
    ]
    assert number(1234) == "1\u202f234"


def test_the_page_says_what_the_costs_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    found = tables(measured_costs(), Assumptions(), Prices())
    assert filled_in(page, found) == page, "run `python -m benchmarks.capacity --write`"


def test_a_page_without_a_place_for_a_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place"):
        filled_in("nothing", {"needs": "|"})
