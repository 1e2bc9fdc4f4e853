from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

import pytest

from services.contract.frame import FrameId
from services.motion.detector import Decision
from services.motion.events import (
    Action,
    Ended,
    EventMachine,
    EventSettings,
    Keep,
    Motion,
    Opened,
    Updated,
)
from services.motion.visits import ZoneMotion

START = datetime(2026, 11, 20, 8, 30, 0, tzinfo=UTC)
T = TypeVar("T")
FPS = 10
STILL, MOVING = Decision(), Decision(moving=True, score=2.0, boxes=((0.1, 0.2, 0.3, 0.4),), best=0.1)


def at(time_s: float) -> datetime:
    return START + timedelta(seconds=time_s)


def frame(time_s: float, session: int = 1) -> FrameId:
    return FrameId("yard", session, round(time_s * FPS) + 1, at(time_s))


def machine(settings: EventSettings | None = None) -> EventMachine:
    suffixes = count(0x3F9C)
    return EventMachine(settings, new_suffix=lambda: f"{next(suffixes):04x}")


def play(
    events: EventMachine, moving: list[tuple[float, float]], until_s: float, from_s: float = 0.0
) -> list[Action]:
    """All that the machine does with frames in this time, which move within the given spans."""
    actions = []
    for n in range(round(from_s * FPS), round(until_s * FPS)):
        moves = any(start <= n / FPS < end for start, end in moving)
        actions += events.frame(frame(n / FPS), MOVING if moves else STILL)
    return actions


def of(kind: type[T], actions: list[Action]) -> list[T]:
    return [action for action in actions if isinstance(action, kind)]


def test_a_quiet_camera_has_no_events() -> None:
    assert play(machine(), [], 60) == []


def test_an_event_opens_with_the_first_frame_that_moves_and_reaches_back_to_the_pre_roll() -> None:
    actions = play(machine(), [(10, 12)], 11)
    opened = Opened("20261120T083010Z-3f9c", "motion", at(10), at(7), MOVING.score, MOVING.boxes)
    assert actions[0] == opened


def test_event_ids_sort_by_time() -> None:
    ids = [one.event for one in of(Opened, play(machine(), [(10, 12), (30, 32), (3700, 3701)], 3800))]
    assert len(ids) == 3
    assert ids == sorted(ids)


def test_every_frame_from_the_first_that_moves_to_the_end_of_the_post_roll_is_kept_once() -> None:
    kept = [one.frame for one in of(Keep, play(machine(), [(10, 12)], 30))]
    assert [one.sequence for one in kept] == list(range(101, 101 + 70))


def test_motion_is_on_from_the_first_frame_that_moves_until_the_post_roll_is_over() -> None:
    motions = of(Motion, play(machine(), [(10, 12)], 30))
    assert motions == [Motion(True, at(10)), Motion(False, at(17))]


def test_started_and_ended_are_those_of_the_motion_itself() -> None:
    (ended,) = of(Ended, play(machine(), [(10, 12)], 30))
    assert (ended.summary.started, ended.summary.ended) == (at(10), at(11.9))
    assert ended.summary.duration_s == pytest.approx(1.9)


def test_motion_within_the_post_roll_belongs_to_the_same_event() -> None:
    actions = play(machine(), [(10, 12), (15, 16)], 30)
    assert len(of(Opened, actions)) == 1
    assert of(Ended, actions)[0].summary.ended == at(15.9)


def test_a_pre_roll_begins_after_the_last_event_s_end() -> None:
    settings = EventSettings(pre_roll=10, post_roll=2)
    actions = play(machine(settings), [(10, 12), (15, 16)], 30)
    last_kept = [one for one in of(Keep, actions) if one.event.endswith("3f9c")][-1].frame.time
    assert of(Opened, actions)[1].since == last_kept + timedelta(microseconds=1)


def test_no_event_begins_within_the_cool_down() -> None:
    settings = EventSettings(post_roll=1, cool_down=10)
    actions = play(machine(settings), [(10, 12), (15, 18), (25, 26)], 40)
    assert [one.time for one in of(Opened, actions)] == [at(10), at(25)]


def test_an_event_that_grows_too_long_is_followed_by_another_without_a_frame_between() -> None:
    actions = play(machine(EventSettings(max_length=20)), [(10, 55)], 70)
    opened = of(Opened, actions)
    assert [one.time for one in opened] == [at(10), at(30), at(50)]
    assert len(of(Ended, actions)) == 3
    kept = [one.frame.sequence for one in of(Keep, actions)]
    assert kept == list(range(101, 101 + 500))
    assert of(Motion, actions) == [Motion(True, at(10)), Motion(False, at(60))]


def test_updates_come_at_most_every_second_and_only_while_it_moves() -> None:
    updates = of(Updated, play(machine(), [(10, 13.5)], 30))
    assert len(updates) == 3


def test_the_summary_has_the_highest_score_its_boxes_and_the_best_frame() -> None:
    events = machine()
    scores = [1.0, 5.0, 2.0]
    for n, score in enumerate(scores):
        box = (0.1 * n, 0.0, 0.1, 0.1)
        events.frame(frame(10 + n / FPS), Decision(True, score, (box,), best=score / 10))
    (ended,) = of(Ended, events.close())
    assert (ended.summary.peak, ended.summary.boxes) == (5.0, ((0.1, 0.0, 0.1, 0.1),))
    assert ended.summary.best == frame(10.1)


def test_frames_that_were_not_analysed_are_kept_too() -> None:
    events = machine()
    events.frame(frame(10), MOVING)
    assert of(Keep, events.frame(frame(10.1), None)) == [Keep(events.event or "", frame(10.1))]


def test_between_two_looks_it_moves_on() -> None:
    """Also where the settings leave no time after the motion."""
    events = machine(EventSettings(post_roll=0, max_length=5))
    actions = []
    for n in range(200):
        looked = MOVING if 5 <= n / FPS < 12 else STILL
        actions += events.frame(frame(n / FPS), looked if n % 4 == 0 else None)
    first, last = round(5.2 * FPS) + 1, round(12 * FPS)
    assert of(Motion, actions) == [Motion(True, at(5.2)), Motion(False, at(12))]
    assert [one.frame.sequence for one in of(Keep, actions)] == list(range(first, last + 1))
    assert len(of(Opened, actions)) == 2, "one that grew too long is followed by another"


def test_what_nobody_looked_at_for_long_does_not_move() -> None:
    events = machine(EventSettings(post_roll=0))
    events.frame(frame(0), STILL)
    events.frame(frame(0.1), MOVING)
    actions = [action for n in range(2, 60) for action in events.frame(frame(n / FPS), None)]
    assert of(Motion, actions) == [Motion(False, at(2.2))]


def test_a_frame_that_comes_twice_is_kept_once() -> None:
    events = machine()
    events.frame(frame(10), MOVING)
    assert events.frame(frame(10), MOVING) == []


def test_two_frames_of_the_same_instant_are_both_kept() -> None:
    events = machine()
    events.frame(frame(10), MOVING)
    twin = FrameId("yard", 1, 102, at(10))
    assert of(Keep, events.frame(twin, STILL)) == [Keep(events.event or "", twin)]


# -- triggers ------------------------------------------------------------------------------------------------


def test_a_trigger_makes_an_event_with_pre_roll_that_lasts_as_long_as_asked_and_no_motion() -> None:
    events = machine()
    play(events, [], 10)
    actions = events.trigger("doorbell", 4, now=at(5000))
    actions += play(events, [], 30, from_s=10)
    assert actions[:2] == [
        Opened("20261120T083009Z-3f9c", "doorbell", at(9.9), since=at(6.9)),
        Keep("20261120T083009Z-3f9c", frame(9.9)),
    ]
    assert of(Motion, actions) == []
    (ended,) = of(Ended, actions)
    assert (ended.summary.started, ended.summary.ended) == (at(9.9), at(13.9))
    assert [one.frame.sequence for one in of(Keep, actions)] == list(range(100, 141))


def test_a_trigger_makes_an_open_event_longer() -> None:
    events = machine()
    play(events, [(10, 12)], 12)
    assert events.trigger("doorbell", 20, now=at(12)) == []
    actions = play(events, [], 60, from_s=12)
    assert of(Opened, actions) == []
    assert of(Keep, actions)[-1].frame.time == at(31.9)


def test_motion_in_a_triggered_event_is_on_and_off_like_any_other() -> None:
    events = machine()
    play(events, [], 10)
    events.trigger("doorbell", 30, now=at(10))
    actions = play(events, [(12, 13)], 60, from_s=10)
    assert of(Motion, actions)[0] == Motion(True, at(12))
    assert of(Motion, actions)[1].on is False
    assert of(Motion, actions)[1].time < of(Ended, actions)[0].summary.ended + timedelta(seconds=6)


def test_a_trigger_before_the_first_frame_waits_for_it_but_not_longer_than_it_asked_for() -> None:
    events = machine()
    assert events.trigger("doorbell", 5, now=at(0)) == []
    assert of(Opened, events.frame(frame(3), STILL))[0].reason == "doorbell"
    late = machine()
    late.trigger("doorbell", 5, now=at(0))
    assert late.frame(frame(6), STILL) == []


# -- ends that nobody planned --------------------------------------------------------------------------------


def test_a_camera_that_goes_away_ends_its_event_and_its_motion() -> None:
    events = machine()
    play(events, [(10, 20)], 12)
    actions = events.close()
    assert [type(action) for action in actions] == [Ended, Motion]
    assert of(Ended, actions)[0].summary.ended == at(11.9)
    assert events.close() == []


def test_after_a_camera_came_back_no_frame_is_in_two_events() -> None:
    events = machine()
    play(events, [(10, 20)], 12)
    events.close()
    (opened,) = of(Opened, events.frame(FrameId("yard", 2, 1, at(13)), MOVING))
    assert opened.since > at(11.9)


def test_an_event_whose_frames_stop_coming_ends_some_seconds_after_its_post_roll() -> None:
    events = machine()
    play(events, [(10, 20)], 12)
    assert [of(Ended, events.tick(now_s)) for now_s in (1000.0, 1009.9)] == [[], []]
    assert len(of(Ended, events.tick(1010.1))) == 1


def test_an_event_whose_frames_are_late_but_coming_does_not_end() -> None:
    events = machine()
    play(events, [(10, 20)], 12)
    events.tick(1000.0)
    events.frame(frame(12), MOVING)
    assert events.tick(1011.0) == []


def test_a_clock_that_was_set_back_ends_the_event_and_the_next_one_has_its_pre_roll() -> None:
    events = machine()
    play(events, [(3600, 3602)], 3601, from_s=3599)
    actions = events.frame(FrameId("yard", 1, 99_999, at(0)), MOVING)
    assert [type(action) for action in actions] == [Ended, Motion, Opened, Motion, Keep]
    assert of(Opened, actions)[0].since == at(-3)


def test_a_clock_that_was_set_back_cuts_no_event_short_although_the_detector_begins_anew() -> None:
    events = machine()
    play(events, [(3600, 3602)], 3601, from_s=3599)
    actions = events.frame(FrameId("yard", 1, 99_999, at(0)), None)
    assert [type(action) for action in actions] == [Ended, Motion, Opened, Keep]
    actions = events.frame(FrameId("yard", 1, 100_002, at(2.9)), STILL)
    assert of(Keep, actions)


def test_nor_does_one_that_was_set_forward() -> None:
    events = machine()
    play(events, [(0, 2)], 1)
    actions = events.frame(FrameId("yard", 1, 99_999, at(3600)), None)
    assert [type(action) for action in actions] == [Motion, Ended, Opened, Keep]


def test_settings_hold_from_the_next_frame_on() -> None:
    events = machine()
    play(events, [(10, 12)], 12)
    events.configure(EventSettings(post_roll=1))
    assert of(Ended, play(events, [], 14, from_s=12))


# -- zones ---------------------------------------------------------------------------------------------------


def walking(time_s: float) -> Decision:
    """From the gate (10 to 12 s) along the path (12 to 16 s)."""
    zones = ("gate",) if 10 <= time_s < 12 else ("path",) if 12 <= time_s < 16 else ()
    return Decision(moving=bool(zones), score=2.0, boxes=((0.1, 0.2, 0.3, 0.4),), zones=zones)


def walked() -> list[Action]:
    events = machine(EventSettings(post_roll=3))
    return [action for n in range(250) for action in events.frame(frame(n / FPS), walking(n / FPS))]


def test_an_event_begins_with_the_zones_in_which_it_moves() -> None:
    assert of(Opened, walked())[0].zones == ("gate",)


def test_what_is_entered_and_left_is_told_once() -> None:
    actions = walked()
    told = [one.summary for one in actions if isinstance(one, Updated | Ended)]
    assert [name for one in told for name in one.entered] == ["gate", "path"]
    assert [name for one in told for name in one.left] == ["gate", "path"]
    assert told[-1].zones == ("gate", "path")


def test_zones_are_on_and_off_of_their_own() -> None:
    changes = [(one.zone, one.on) for one in of(ZoneMotion, walked())]
    assert changes == [("gate", True), ("path", True), ("gate", False), ("path", False)]


def test_a_zone_may_be_on_without_an_event() -> None:
    events = machine()
    ignored = Decision(zones=("street",))
    actions = [one for n in range(20) for one in events.frame(frame(n / FPS), ignored)]
    actions += [one for n in range(20, 60) for one in events.frame(frame(n / FPS), STILL)]
    assert [(one.zone, one.on) for one in of(ZoneMotion, actions)] == [("street", True), ("street", False)]
    assert of(Opened, actions) == []


def test_zones_are_off_when_the_camera_is_gone() -> None:
    events = machine()
    events.frame(frame(0), Decision(moving=True, zones=("gate",)))
    actions = events.close()
    assert [(one.zone, one.on) for one in of(ZoneMotion, actions)] == [("gate", False)]
    assert of(Ended, actions)[0].summary.left == ("gate",)


def test_an_update_says_where_it_moves_now_and_the_end_where_it_moved_most() -> None:
    events = machine()
    here, there = (0.1, 0.1, 0.1, 0.1), (0.8, 0.1, 0.1, 0.1)
    actions: list[Action] = []
    for n in range(25):
        most = n == 3
        decision = Decision(moving=True, score=9.0 if most else 2.0, boxes=(there if most else here,))
        actions += events.frame(frame(n / FPS), decision)
    actions += events.close()
    assert {one.summary.boxes for one in of(Updated, actions)} == {(here,)}
    assert of(Ended, actions)[0].summary.boxes == (there,)
