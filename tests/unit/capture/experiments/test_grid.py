from services.capture.experiments.grid import Grid
from tests.unit.capture.experiments.world import START, at


def test_deadlines_do_not_drift_in_a_month_of_tenths_of_seconds() -> None:
    grid = Grid(0.0, 0.1)
    month = 30 * 24 * 36_000
    assert abs(grid.due_s(month) - 30 * 24 * 3600.0) < 1e-6


def test_a_grid_that_began_before_goes_on_where_its_deadlines_are() -> None:
    grid = Grid.anchored(START, 10, now=at(34), now_s=500.0)
    assert grid.due_s(grid.first_from(500.0)) == 506.0


def test_a_grid_that_begins_later_has_its_first_deadline_then() -> None:
    assert Grid.anchored(at(34), 10, now=START, now_s=500.0).due_s(0) == 534.0


def test_the_first_deadline_from_a_deadline_is_itself_and_the_first_after_it_the_next() -> None:
    grid = Grid(0.0, 0.1)
    assert [grid.first_from(grid.due_s(n)) for n in range(1000)] == list(range(1000))
    assert [grid.first_after(grid.due_s(n)) for n in range(1000)] == list(range(1, 1001))
