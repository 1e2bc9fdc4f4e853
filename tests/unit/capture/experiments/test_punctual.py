import math
from collections.abc import Callable

import pytest

from services.capture.experiments.punctual import COARSE_S, SPIN_S, Steps, wait_until
from tests.unit.capture.experiments.world import Stop, World


class TestWaiting:
    """The clock goes on by 10 us with each look at it; sleep takes 0.1 ms longer than it should."""

    def wait(self, due_s: float, world: World, stop: Stop) -> bool:
        def clock() -> float:
            world.time_s += 1e-5
            return world.time_s

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            world.time_s += seconds + 1e-4

        self.slept: list[float] = []
        return wait_until(due_s, stop, clock, sleep)

    def test_ends_within_one_look_at_the_clock(self) -> None:
        world = World()
        assert self.wait(3600.0, world, Stop(world))
        assert 3600.0 <= world.time_s < 3600.0 + 2e-5

    def test_can_be_interrupted_until_shortly_before(self) -> None:
        world = World()
        stop = Stop(world)
        stop.set()
        assert not self.wait(3600.0, world, stop)
        assert stop.waits == [pytest.approx(3600.0 - COARSE_S, abs=1e-4)]

    def test_sleeps_up_to_the_last_moment_and_only_looks_at_the_clock_then(self) -> None:
        world = World()
        self.wait(1.0, world, Stop(world))
        assert self.slept == [pytest.approx(COARSE_S - SPIN_S, abs=1e-4)]

    def test_for_what_is_over_does_not_happen(self) -> None:
        world = World(time_s=5.0)
        stop = Stop(world)
        assert self.wait(1.0, world, stop)
        assert (stop.waits, self.slept) == ([], [])


class Camera:
    """Is asked when its steps say so; each picture takes `takes_s`."""

    def __init__(self, interval_s: float, next_due_s: Callable[[float, float], float]) -> None:
        self.world = World(time_s=-1000.0)  # so that the clock begins with 0
        self.stop = Stop(self.world)
        self.asked_s: list[float] = []
        self.steps = Steps(interval_s, next_due_s, self.world.clock, self.arrive)

    def arrive(self, due_s: float, stop: Stop, _clock: Callable[[], float]) -> bool:
        self.world.time_s = max(self.world.time_s, due_s - 1000.0)
        return not stop.is_set()

    def run(self, until_s: float, takes_s: float = 0.0) -> list[float]:
        while self.world.clock() < until_s:
            assert self.steps.wait(self.stop)
            self.asked_s.append(round(self.world.clock(), 6))
            self.world.time_s += takes_s
        return self.asked_s


def every(interval_s: float, first_s: float) -> Callable[[float, float], float]:
    """Deadlines that can be kept late by up to half an interval."""

    def next_due_s(after_s: float, now_s: float) -> float:
        after = math.floor((after_s - first_s) / interval_s + 1e-6) + 1 if after_s > 0 else 0
        n = max(after, math.ceil((now_s - interval_s / 2 - first_s) / interval_s - 1e-6))
        return first_s + n * interval_s

    return next_due_s


def never(_after_s: float, _now_s: float) -> float:
    return math.inf


class TestSteps:
    def test_come_evenly_where_nothing_else_is_due(self) -> None:
        assert Camera(0.5, never).run(2.1) == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]

    def test_come_at_deadlines_too(self) -> None:
        assert Camera(0.5, every(1.0, 0.7)).run(2.5) == [0.0, 0.5, 0.7, 1.0, 1.5, 1.7, 2.0, 2.5]

    def test_that_fall_together_with_a_deadline_are_one(self) -> None:
        assert Camera(0.5, every(1.0, 1.0)).run(2.1) == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]

    def test_whose_picture_would_be_in_a_deadlines_way_are_left_to_it(self) -> None:
        camera = Camera(0.5, every(1.0, 1.55))
        assert camera.run(3.1, takes_s=0.1) == [0.0, 0.5, 1.0, 1.55, 2.0, 2.55, 3.0]
        assert camera.steps.missed == 0

    def test_that_come_too_late_are_missed_and_do_not_bunch(self) -> None:
        camera = Camera(0.5, never)
        camera.run(0.1, takes_s=1.7)
        assert camera.run(3.1) == [0.0, 1.7, 2.0, 2.5, 3.0, 3.5]
        assert camera.steps.missed == 2

    def test_keep_each_deadline_once_although_a_picture_for_it_does_not_come(self) -> None:
        asked_s = Camera(10.0, every(1.0, 0.5)).run(3.0)
        assert asked_s == [0.0, 0.5, 1.5, 2.5, 3.5]

    def test_keep_a_deadline_late_when_the_camera_was_busy_and_leave_out_what_is_too_late(self) -> None:
        camera = Camera(100.0, every(1.0, 1.0))
        camera.run(0.1, takes_s=1.3)
        assert camera.run(1.4, takes_s=2.4) == [0.0, 1.3]
        assert camera.run(4.5) == [0.0, 1.3, 4.0, 5.0]

    def test_notice_a_deadline_that_is_new(self) -> None:
        due_s = [math.inf]
        camera = Camera(100.0, lambda after_s, _now_s: due_s[0] if due_s[0] > after_s else math.inf)
        camera.run(0.001, takes_s=0.002)
        wait = camera.stop.wait

        def begins_after_5_s(timeout: float | None = None) -> bool:
            if camera.world.clock() > 5:
                due_s[0] = 7.0
            return wait(timeout)

        camera.stop.wait = begins_after_5_s  # type: ignore[method-assign]  # something happens meanwhile
        assert camera.run(6.0) == [0.0, 7.0]

    def test_end_with_the_camera(self) -> None:
        camera = Camera(0.5, never)
        camera.stop.set()
        assert not camera.steps.wait(camera.stop)
