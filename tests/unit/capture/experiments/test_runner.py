"""The whole of it with its files, on a link without a broker."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from services.capture.experiments.memory import Memory
from services.capture.experiments.punctual import Steps
from services.capture.experiments.runner import Runner
from services.contract.events import EventMessage, EventType
from services.contract.experiments import Experiment
from services.contract.handover import SliceHandover
from tests.unit.capture.experiments.world import Stop, World, at, frame
from tests.unit.links import TOPICS, FakeLink, Post

SET, STATE = "nightjar/camera/yard/experiment/set", "nightjar/camera/yard/experiment/state"
EVENT = "nightjar/camera/yard/event"
LEAVES = Experiment(name="leaves", interval_s=10)
SNOW = Experiment(name="snow", interval_s=60, pictures=3)


class Yard:
    """A camera that gives a picture each second; lives follow one another in one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.world = World()
        self.number = 0
        self.live()

    def live(
        self, written: str = "", configured: tuple[Experiment, ...] = (LEAVES, SNOW), interval_s: float = 0
    ) -> None:
        """A life begins."""
        self.link, self.post = FakeLink(), Post()
        self.runner = Runner(
            "yard",
            TOPICS,
            link=self.link,
            memory=Memory(self.path),
            configured=configured,
            written=written,
            max_bytes=1_000_000,
            clock=self.world.clock,
            now=self.world.now,
        )
        self.runner.load(interval_s)
        self.runner.attach()
        self.runner.tick()

    def set(self, text: str, *, retain: bool = False) -> None:
        self.runner._set(self.post.deliver(SET, text.encode(), retain=retain))

    def seconds(self, count: int) -> None:
        for _ in range(count):
            self.number += 1
            self.runner.take(frame(self.number, self.world.time_s + self.world.set_by_s))
            self.runner.tick()
            self.world.time_s += 1

    def dark(self, seconds: float) -> None:
        """No picture comes."""
        self.world.time_s += seconds
        self.runner.tick()

    def answer(self, event: str) -> None:
        message = EventMessage(event_type=EventType.ARCHIVED, camera="yard", time=at(0), event=event)
        self.runner._event(self.post.deliver(EVENT, message.payload()))

    def pictures(self) -> list[int]:
        """The numbers of those that went out, known by their first byte here."""
        return [each.payload[0] for each in self.link.take("/event/")]

    def handovers(self) -> list[SliceHandover]:
        self.runner.tick()
        return [SliceHandover.model_validate_json(each.payload) for each in self.link.take("/handover/")]

    @property
    def state(self) -> str:
        return self.link.held[STATE].decode()


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path / "yard")


class TestSetting:
    def test_a_name_lets_the_configured_experiment_run(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.seconds(21)
        assert (yard.state, yard.pictures(), yard.runner.running) == ("leaves", [1, 11, 21], True)

    def test_json_lets_it_run_too(self, yard: Yard) -> None:
        yard.set('{"name": "seeds", "interval_s": 5, "prefix": "a/b"}')
        yard.seconds(6)
        assert (yard.state, yard.pictures()) == ("seeds", [1, 6])

    def test_nothing_stops_it_and_its_end_is_handed_over_at_once(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.seconds(15)
        yard.set("")
        yard.seconds(30)
        assert (yard.state, yard.pictures(), yard.runner.running) == ("", [1, 11], False)

    def test_another_one_ends_the_first(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.seconds(15)
        yard.set("snow")
        yard.seconds(1)
        [first] = yard.handovers()
        assert first.summary
        assert (first.slice.experiment, first.summary.ended, yard.state) == ("leaves", at(15), "snow")

    def test_the_same_again_changes_nothing(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.seconds(5)
        yard.set("leaves")
        yard.seconds(10)
        assert yard.pictures() == [1, 11]

    def test_the_same_name_with_another_interval_is_another_run(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.seconds(5)
        yard.set('{"name": "leaves", "interval_s": 2}')
        yard.seconds(4)
        assert yard.pictures() == [1, 6, 8]

    def test_what_is_refused_changes_nothing_and_explains_itself(
        self, yard: Yard, caplog: pytest.LogCaptureFixture
    ) -> None:
        yard.set("leaves")
        yard.link.take()
        yard.set("rain")
        [parcel] = yard.link.take()
        assert parcel.topic == "nightjar/camera/yard/experiment/error"
        assert parcel.payload.startswith(b"experiment takes a configured experiment (leaves, snow)")
        assert yard.state == "leaves"
        assert caplog.messages[-1] == f"yard: {parcel.payload.decode()}"

    def test_what_was_said_long_ago_is_not_heard(self, yard: Yard) -> None:
        yard.set("leaves", retain=True)
        assert yard.state == ""

    def test_an_experiment_that_has_all_its_pictures_ends_by_itself(self, yard: Yard) -> None:
        yard.set("snow")
        yard.seconds(200)
        assert (yard.state, yard.pictures()) == ("", [1, 61, 121])

    def test_plain_periodic_capture_runs_beside_it_and_is_changed_and_stopped(self, yard: Yard) -> None:
        yard.runner.set_interval(5)
        yard.set("leaves")
        yard.seconds(11)
        assert yard.pictures() == [1, 1, 6, 11, 11]
        yard.runner.set_interval(0)
        yard.set("")
        assert not yard.runner.running


class TestAnOutage:
    def test_of_the_camera_is_counted_and_nothing_is_made_up_for(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.seconds(5)
        yard.dark(62)
        yard.seconds(14)
        assert yard.pictures() == [1, 9, 19]
        yard.set("")
        [handover] = yard.handovers()
        assert (handover.slice.missed, handover.slice.off_s) == (6, [0.0, 0.0, 0.0])

    def test_of_the_archiver_keeps_the_pictures_until_it_answers(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.seconds(5)
        yard.set("")
        [handover] = yard.handovers()
        assert yard.runner.get(1) is not None
        yard.answer(handover.event)
        assert yard.runner.get(1) is None
        assert yard.handovers() == []


class TestAPictureOfUncertainTime:
    def test_counts_from_when_it_was_taken(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.world.time_s = 2.0
        yard.runner.take(frame(1, 0.25))
        yard.set("")
        [handover] = yard.handovers()
        assert handover.slice.off_s == [0.25]

    @pytest.mark.parametrize("time_s", [-86_400.0, 86_400.0])
    def test_counts_from_now_where_that_cannot_be(self, yard: Yard, time_s: float) -> None:
        yard.set("leaves")
        yard.world.time_s = 2.0
        yard.runner.take(frame(1, time_s))
        yard.set("")
        [handover] = yard.handovers()
        assert handover.slice.off_s == [2.0]


class TestARestart:
    def test_goes_on_upon_the_same_grid_with_the_same_counts(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.seconds(15)
        yard.runner.close()
        yard.world.time_s += 12
        yard.live()
        assert yard.state == "leaves"
        [before] = yard.handovers()
        yard.number = 100
        yard.seconds(10)
        assert yard.pictures() == [104]  # due at 30 s
        yard.set("")
        yard.answer(before.event)
        [after] = yard.handovers()
        assert after.summary
        assert (after.summary.pictures, after.summary.missed, after.slice.missed) == (3, 1, 1)

    def test_hands_over_what_was_not_answered_and_no_more_when_it_was(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.seconds(15)
        yard.runner.close()
        yard.live()
        [handover] = yard.handovers()
        assert [each.sequence for each in handover.frames] == [1, 11]
        assert handover.slice.off_s == [0.0, 0.0]
        yard.answer(handover.event)
        yard.runner.tick()
        yard.live()
        assert yard.handovers() == []

    def test_after_a_crash_hands_over_what_was_known_ten_seconds_before(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.seconds(75)
        yard.live()
        [handover] = yard.handovers()
        assert [each.sequence for each in handover.frames] == [1, 11, 21, 31, 41, 51, 61, 71]

    def test_writes_no_more_than_every_ten_seconds_while_nothing_begins_or_ends(
        self, yard: Yard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written: list[float] = []
        monkeypatch.setattr(Memory, "keep_running", lambda _self, _state: written.append(yard.world.time_s))
        yard.set('{"name": "quick", "interval_s": 1}')
        yard.seconds(25)
        assert written == [0, 10, 20]

    def test_writes_nothing_where_nothing_was_ever_asked_for(self, yard: Yard) -> None:
        yard.seconds(25)
        yard.runner.close()
        assert not yard.path.exists()

    def test_an_experiment_that_has_ended_does_not_begin_anew(self, yard: Yard) -> None:
        yard.live(written="snow")
        yard.seconds(200)
        yard.live(written="snow")
        assert yard.state == ""

    def test_the_configuration_wins_where_it_was_changed(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.runner.tick()
        yard.live(written="snow")
        assert yard.state == "snow"

    def test_a_name_means_what_it_means_now(self, yard: Yard) -> None:
        yard.set("leaves")
        yard.runner.tick()
        yard.live(configured=(Experiment(name="leaves", interval_s=2),))
        yard.seconds(3)
        assert yard.pictures() == [1, 3]

    def test_a_name_that_means_nothing_any_more_has_ended(
        self, yard: Yard, caplog: pytest.LogCaptureFixture
    ) -> None:
        yard.set("leaves")
        yard.runner.tick()
        yard.live(configured=())
        assert yard.state == ""
        assert "none is configured" in caplog.text

    def test_begins_afresh_where_the_file_is_somebody_elses(
        self, yard: Yard, caplog: pytest.LogCaptureFixture
    ) -> None:
        yard.path.mkdir()
        (yard.path / "running.json").write_text(json.dumps({"asked": "leaves", "series": [{"x": 1}]}))
        (yard.path / "some-thing.json").write_text("{}")
        yard.live()
        assert yard.state == ""
        assert "is not understood" in caplog.text
        assert "is no slice of an experiment" in caplog.text

    def test_plain_periodic_capture_goes_on_with_its_counts(self, yard: Yard) -> None:
        yard.runner.set_interval(5)
        yard.seconds(11)
        yard.runner.close()
        yard.live(interval_s=5)
        yard.link.take()
        yard.seconds(5)
        yard.dark(61)
        said = [EventMessage.model_validate_json(each.payload) for each in yard.link.take(EVENT)]
        assert said[-1].pictures == 4


def test_a_disk_that_takes_nothing_costs_the_memory_alone_and_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "yard").write_text("a file where a folder should be")
    memory = Memory(tmp_path / "yard")
    memory.keep_running({"a": 1})
    memory.keep_running({"a": 2})
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_camera_that_is_asked_is_asked_at_each_deadline_and_its_picture_is_chosen(yard: Yard) -> None:
    def arrive(due_s: float, _stop: Stop, clock: Callable[[], float]) -> bool:
        yard.world.time_s += max(0.0, due_s - clock())
        return True

    yard.runner.steps(3.0)
    steps = Steps(3.0, yard.runner.next_due_s, yard.world.clock, arrive)
    stop = Stop(yard.world)
    yard.set("leaves")
    asked_s = []
    while steps.wait(stop) and yard.world.time_s < 22:
        asked_s.append(round(yard.world.time_s, 6))
        yard.number += 1
        yard.runner.take(frame(yard.number, yard.world.time_s))
        yard.world.time_s += 0.1
    assert asked_s == [0, 3, 6, 9, 10, 12, 15, 18, 20, 21]
    assert yard.pictures() == [1, 5, 9]


def test_a_camera_is_asked_for_no_deadline_where_nothing_runs(yard: Yard) -> None:
    assert yard.runner.next_due_s(0, yard.world.clock()) == float("inf")


def test_an_answer_to_a_camera_that_was_asked_may_take_seconds(yard: Yard) -> None:
    yard.runner.steps(1.0)
    yard.set("leaves")
    yard.seconds(1)
    yard.world.time_s = 9.0
    yard.runner.take(frame(2, 9.0))
    yard.dark(4.0)  # asked for at 10 s, and under way
    yard.runner.take(frame(3, 10.0))
    assert yard.pictures() == [1, 3]
