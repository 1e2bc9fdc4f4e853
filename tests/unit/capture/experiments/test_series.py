import json
from datetime import datetime, timedelta
from statistics import stdev

import pytest

from services.capture.experiments.nearest import Taken
from services.capture.experiments.series import Series
from services.contract.experiments import Experiment
from tests.unit.capture.experiments.world import World, at, frame

LEAVES = Experiment(name="leaves", interval_s=10)


class Run:
    """An experiment with a camera that is asked at moments of the test's own."""

    def __init__(self, experiment: Experiment = LEAVES) -> None:
        self.world = World()
        self.series = Series.of("yard", experiment, self.world.now(), self.world.clock(), 0.5)
        self.chosen_s: list[float] = []
        self.number = 0

    def pictures(self, *times_s: float) -> None:
        for time_s in times_s:
            self.world.time_s = time_s
            self.number += 1
            picture = Taken(frame(self.number, time_s), self.world.clock())
            chosen = self.series.see(picture, self.world.now(), self.world.clock())
            self.chosen_s += [one.taken.time_s - 1000 for one in chosen]

    def tick(self, time_s: float) -> None:
        self.world.time_s = time_s
        chosen = self.series.tick(self.world.now(), self.world.clock())
        self.chosen_s += [one.taken.time_s - 1000 for one in chosen]

    def restart(self, set_by_s: float = 0.0, after_s: float = 0.0) -> None:
        """Another life begins, its clock counts from somewhere else."""
        state = json.loads(json.dumps(self.series.state()))
        time_s = self.world.time_s + after_s
        self.world = World(time_s, set_by_s)
        now, now_s = self.world.now(), self.world.clock() + 50_000
        self.series = Series.resumed("yard", state, now=now, now_s=now_s, patience_s=0.5)

    def next_due(self) -> datetime:
        now_s = self.world.clock() + 50_000
        return at(self.series.next_due_s(0, now_s) - 51_000)


def test_the_first_picture_of_an_experiment_is_due_at_once() -> None:
    run = Run()
    run.pictures(0.0, 4, 10.0)
    assert run.chosen_s == [0.0, 10.0]


def test_the_first_picture_of_one_with_a_start_is_due_then() -> None:
    run = Run(Experiment(name="leaves", interval_s=10, start=at(25)))
    run.pictures(0.0, 10.0, 25.0, 35.0)
    assert run.chosen_s == [25.0, 35.0]
    assert run.series.started == at(25)


def test_one_whose_start_is_over_keeps_to_its_grid_and_has_missed_nothing() -> None:
    run = Run(Experiment(name="leaves", interval_s=10, start=at(-57)))
    run.pictures(0.0, 3.0, 13.0)
    assert (run.chosen_s, run.series.missed, run.series.started) == ([3.0, 13.0], 0, at(0))


def test_plain_periodic_capture_keeps_to_round_times() -> None:
    world = World(7.0)
    series = Series("yard", 60, None, world.now(), now=world.now(), now_s=world.clock(), patience_s=0.5)
    assert series.next_due_s(0, world.clock()) == pytest.approx(1060.0, abs=1e-6)


def test_a_clock_that_is_set_moves_no_deadline() -> None:
    run = Run()
    run.pictures(0.0)
    run.world.set_by_s = -7200.0
    run.pictures(9.0, 10.0, 20.0)
    run.world.set_by_s = 86_400.0
    run.pictures(29.0, 30.0)
    assert run.chosen_s == [0.0, 10.0, 20.0, 30.0]


def test_an_experiment_ends_with_as_many_pictures_as_were_wanted() -> None:
    run = Run(Experiment(name="leaves", interval_s=10, pictures=2))
    run.pictures(0.0, 10.0)
    assert run.series.ended


class TestUntil:
    experiment = Experiment(name="leaves", interval_s=10, until=at(30))

    def test_no_picture_is_taken_from_then_on(self) -> None:
        run = Run(self.experiment)
        run.pictures(0, 10, 20, 30)
        assert (run.chosen_s, run.series.ended, run.series.missed) == ([0, 10, 20], True, 0)

    def test_it_ends_without_a_picture_too(self) -> None:
        run = Run(self.experiment)
        run.pictures(0)
        run.tick(30.4)
        assert not run.series.ended
        run.tick(30.6)
        assert (run.series.ended, run.series.missed) == (True, 2)

    def test_is_by_the_time_of_day(self) -> None:
        run = Run(self.experiment)
        run.pictures(0)
        run.world.set_by_s = 25.0
        run.pictures(9, 10)
        assert (run.chosen_s, run.series.ended) == ([0], True)

    def test_what_was_due_after_it_while_nobody_ran_is_not_missed(self) -> None:
        run = Run(self.experiment)
        run.pictures(0)
        run.restart(after_s=5000)
        assert run.series.missed == 2


class TestARestart:
    def test_goes_on_upon_the_same_grid(self) -> None:
        run = Run()
        run.pictures(0.0, 10.0)
        run.restart(after_s=34.2)
        assert run.next_due() == at(50.0)

    def test_counts_what_was_due_meanwhile_as_missed(self) -> None:
        run = Run()
        run.pictures(0.0, 10.0)
        run.restart(after_s=34.2)
        assert (run.series.pictures, run.series.missed) == (2, 3)

    def test_with_a_clock_that_was_set_back_to_before_the_start_waits_no_longer_than_an_interval(
        self,
    ) -> None:
        run = Run()
        run.pictures(0.0, 10.0)
        run.restart(set_by_s=-1_000_003, after_s=1)
        assert run.series.next_due_s(0, 51_011.0) - 51_011.0 == pytest.approx(2.0)
        assert run.series.missed == 0

    def test_forgets_no_count(self) -> None:
        run = Run()
        run.pictures(0.0, 10.001, 20.0)
        before = run.series.summary()
        run.restart()
        assert run.series.summary() == before


class TestTheSummary:
    def test_has_the_intervals_and_how_far_off_the_pictures_were(self) -> None:
        run = Run()
        run.pictures(0.0, 10.002, 19.999, 40.0)
        summary = run.series.summary(at(50))
        assert summary
        assert (summary.experiment, summary.pictures, summary.missed) == (LEAVES, 4, 1)
        assert summary.intervals.count == 3
        assert summary.intervals.mean_s == 13.333333
        assert summary.intervals.sd_s == pytest.approx(stdev([10.002, 9.997, 20.001]), abs=1e-6)
        assert summary.intervals.worst_s == 20.001
        assert (summary.off.count, summary.off.worst_s) == (4, 0.002)
        assert summary.bytes == 40


class TestWhatIsSaid:
    def said(self, run: Run) -> list[tuple[int | None, int | None, float | None]]:
        words = run.series.saying("20261120T083000Z-3f9c", run.world.now(), run.world.clock())
        return [(words.pictures, words.missed, words.worst_off_s)] if words else []

    def test_is_said_with_the_first_picture_and_then_once_a_minute(self) -> None:
        run = Run()
        said = []
        for n in range(13):
            run.pictures(n * 10 + (0.05 if n == 2 else n / 1000))
            said += self.said(run)
        assert said == [(1, 0, 0.0), (7, 0, 0.05), (13, 0, 0.012)]

    def test_nothing_is_said_where_nothing_happened(self) -> None:
        run = Run(Experiment(name="leaves", interval_s=3600))
        run.pictures(0.0)
        assert self.said(run)
        run.tick(120.0)
        assert self.said(run) == []

    def test_an_outage_is_said_too(self) -> None:
        run = Run()
        run.pictures(0.0)
        self.said(run)
        run.tick(61.0)
        assert self.said(run) == [(1, 5, 0.0)]


def test_a_run_that_begins_at_once_leaves_its_first_picture_time_to_come() -> None:
    world = World()
    series = Series.of("yard", LEAVES, world.now(), world.clock(), 0.5, lead_s=0.3)
    assert series.started == world.now() + timedelta(seconds=0.3)
    assert series.next_due_s(0.0, world.clock()) == pytest.approx(world.clock() + 0.3)
