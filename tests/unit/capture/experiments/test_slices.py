from itertools import count

import pytest

from services.capture.experiments.nearest import Chosen
from services.capture.experiments.opened import LONGEST_S, MOST_PICTURES, Opened
from services.capture.experiments.series import Series
from services.capture.experiments.slices import SAY_AGAIN_S, Slices
from services.contract.experiments import Experiment, OpenSlices
from services.contract.handover import SliceHandover
from tests.unit.capture.experiments.world import SESSION, World, at, taken
from tests.unit.links import TOPICS, FakeLink

FIRST, SECOND = "20261120T083000Z-00000001", "20261120T083000Z-00000002"
LEAVES = Experiment(name="leaves", interval_s=0.5)


class Yard:
    """An experiment's pictures are taken when the test says so."""

    def __init__(self, max_bytes: int = 1_000_000, experiment: Experiment | None = LEAVES) -> None:
        self.link, self.world, numbers = FakeLink(), World(), count(1)
        self.slices = Slices("yard", TOPICS, self.link, max_bytes, lambda: f"{next(numbers):08x}")
        self.series = Series(
            "yard", 0.5, experiment, at(0), now=at(0), now_s=self.world.clock(), patience_s=0.5
        )

    def take(self, *numbers: int, off_s: float = 0.0) -> None:
        for number in numbers:
            self.slices.take(self.series, Chosen(taken(number, 0.5), off_s), self.world.clock())

    def mind(self) -> None:
        self.slices.mind(self.series, self.world.now(), self.world.clock())

    def end(self) -> None:
        self.series.ended = True
        self.mind()

    def said(self, after_s: float = 0.0) -> list[SliceHandover]:
        self.world.time_s += after_s
        self.slices.step(self.world.clock())
        return [SliceHandover.model_validate_json(each.payload) for each in self.link.take("/handover/")]

    def announced(self) -> dict[str, str]:
        found = OpenSlices.model_validate_json(self.link.held["nightjar/camera/yard/slices"])
        return {each.event: each.prefix for each in found.slices}


@pytest.fixture
def yard() -> Yard:
    return Yard()


class TestAPicture:
    def test_is_published_on_its_slices_topic_as_it_is(self, yard: Yard) -> None:
        yard.take(4)
        [parcel] = yard.link.take()
        assert parcel.topic == f"nightjar-frames/yard/event/{FIRST}"
        assert parcel.payload == taken(4, 0.5).frame.jpeg

    def test_comes_after_it_was_announced_where_it_goes(
        self, yard: Yard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before: list[dict[str, str]] = []
        monkeypatch.setattr(yard.link, "send", lambda *_args, **_kw: before.append(yard.announced()))
        yard.take(4)
        assert before == [{FIRST: "experiments/leaves"}]

    def test_is_given_again_until_its_slice_is_archived(self, yard: Yard) -> None:
        yard.take(4)
        yard.end()
        assert yard.slices.get(4) == taken(4, 0.5).frame.jpeg
        yard.slices.answered(FIRST)
        assert yard.slices.get(4) is None

    def test_goes_when_there_are_too_many_the_oldest_first(self) -> None:
        yard = Yard(max_bytes=25)
        yard.take(1, 2, 3)
        assert [yard.slices.get(number) is not None for number in (1, 2, 3)] == [False, True, True]

    def test_of_a_slice_that_is_archived_takes_no_room(self) -> None:
        yard = Yard(max_bytes=25)
        yard.take(1, 2)
        yard.slices.close(yard.series, at(1))
        yard.slices.answered(FIRST)
        yard.take(3, 4)
        assert [yard.slices.get(number) is not None for number in (3, 4)] == [True, True]


class TestASlice:
    def test_is_handed_over_with_its_frames_by_number_and_how_far_off_each_is(self, yard: Yard) -> None:
        yard.take(4, off_s=0.001)
        yard.take(7, off_s=-0.0000004)
        yard.end()
        [handover] = yard.said()
        assert (handover.event, handover.reason, handover.camera) == (FIRST, "interval", "yard")
        assert [(each.session, each.sequence) for each in handover.frames] == [
            (f"{SESSION:016x}", 4),
            (f"{SESSION:016x}", 7),
        ]
        assert handover.slice.off_s == [0.001, 0.0]
        assert (handover.slice.experiment, handover.slice.prefix) == ("leaves", "experiments/leaves")

    def test_is_full_with_a_thousand_pictures(self, yard: Yard) -> None:
        yard.take(*range(1, MOST_PICTURES))
        yard.mind()
        assert yard.said() == []
        yard.take(MOST_PICTURES)
        yard.mind()
        assert [len(each.frames) for each in yard.said()] == [1000]

    def test_is_full_after_an_hour(self, yard: Yard) -> None:
        yard.take(1)
        yard.world.time_s = LONGEST_S - 1
        yard.mind()
        assert yard.said() == []
        yard.world.time_s = LONGEST_S
        yard.mind()
        assert len(yard.said()) == 1

    def test_after_the_last_one_has_the_next_pictures(self, yard: Yard) -> None:
        yard.take(1)
        yard.slices.close(yard.series, at(1))
        yard.take(2)
        assert yard.slices.event(yard.series) == SECOND

    def test_of_plain_periodic_capture_goes_where_events_go_and_has_no_summary(self) -> None:
        yard = Yard(experiment=None)
        yard.take(1)
        yard.end()
        [handover] = yard.said()
        assert (handover.slice.prefix, handover.summary, yard.announced()) == ("", None, {})

    def test_ends_an_experiment_with_its_summary_even_without_a_picture(self, yard: Yard) -> None:
        yard.world.time_s = 60
        yard.end()
        [handover] = yard.said()
        assert handover.frames == []
        assert handover.summary
        assert handover.summary.ended == at(60)

    def test_tells_what_was_missed_since_the_one_before(self, yard: Yard) -> None:
        for sequence, missed in ((1, 3), (2, 5)):
            yard.take(sequence)
            yard.series._nearest.missed = missed
            yard.slices.close(yard.series, at(1))
        told = [each.slice.missed for each in yard.slices.closed]
        assert told == [3, 2]


class TestAHandover:
    def test_is_said_again_ever_more_rarely_until_it_is_answered(self, yard: Yard) -> None:
        yard.take(1)
        yard.end()
        assert len(yard.said()) == 1
        assert yard.said(0.5 * SAY_AGAIN_S) == []
        assert len(yard.said(SAY_AGAIN_S)) == 1
        assert yard.said(1.1 * SAY_AGAIN_S) == []
        yard.slices.answered(FIRST)
        assert yard.said(1000) == []

    def test_is_not_said_while_nobody_can_hear_it(self, yard: Yard) -> None:
        yard.take(1)
        yard.end()
        yard.link.there = False
        assert yard.said() == []
        yard.link.there = True
        assert len(yard.said()) == 1

    def test_waits_for_the_answer_to_the_one_before_so_that_no_summary_follows_a_newer_one(
        self, yard: Yard
    ) -> None:
        yard.take(1)
        yard.slices.close(yard.series, at(1))
        yard.take(2)
        yard.slices.close(yard.series, at(1))
        assert [each.event for each in yard.said()] == [FIRST]
        yard.slices.answered(FIRST)
        assert [each.event for each in yard.said()] == [SECOND]

    def test_answered_for_is_announced_no_more(self, yard: Yard) -> None:
        yard.take(1)
        yard.end()
        assert yard.announced() == {FIRST: "experiments/leaves"}
        yard.slices.answered(FIRST)
        assert yard.announced() == {}

    def test_of_an_earlier_life_is_said_again(self, yard: Yard) -> None:
        yard.take(1)
        yard.end()
        later = Yard()
        later.slices.restore(yard.slices.closed)
        assert later.said() == yard.said()
        assert later.announced() == {FIRST: "experiments/leaves"}

    def test_of_a_slice_that_was_cut_off_has_the_numbers_that_were_known(self, yard: Yard) -> None:
        yard.take(1, 2, 5)
        [opened] = yard.slices.opened
        later = Yard()
        later.slices.restore_open(Opened.read(opened.state()), later.series)
        [handover] = later.said()
        assert [each.sequence for each in handover.frames] == [1, 2, 5]
        assert (handover.event, handover.slice.off_s) == (FIRST, [])

    def test_that_was_remembered_just_before_a_crash_is_not_made_twice(self, yard: Yard) -> None:
        yard.take(1)
        [opened] = yard.slices.opened
        yard.end()
        later = Yard()
        later.slices.restore(yard.slices.closed)
        later.slices.restore_open(opened, later.series)
        assert later.slices.closed == []

    def test_that_nobody_answers_is_given_up_when_there_are_too_many(
        self, yard: Yard, caplog: pytest.LogCaptureFixture
    ) -> None:
        for number in range(201):
            yard.take(number + 1)
            yard.slices.close(yard.series, at(1))
        assert [each.event for each in yard.said()] == [SECOND]
        assert caplog.messages == [f"yard: nobody has archived the slice {FIRST}, and it is given up"]
        assert yard.slices.get(1) is None
