from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from services.contract.frame import Frame, FrameId
from services.contract.handover import Handover, Resend, Resent
from services.motion.custody import REPAIR_S, Custody
from services.motion.events import Summary
from services.motion.memory import EventMemory
from services.runtime.state import StateFile
from tests.unit.links import JPEG, TOPICS, FakeLink

START = datetime(2026, 11, 20, 8, 30, 0, tzinfo=UTC)
EVENT, OTHER = "20261120T083000Z-3f9c", "20261120T083100Z-0a1b"
SESSION = f"{7:016x}"


def at(time_s: float) -> datetime:
    return START + timedelta(seconds=time_s)


def frame(sequence: int) -> Frame:
    return Frame(FrameId("yard", 7, sequence, at(sequence / 10)), JPEG + bytes([sequence]))


def summary(event: str = EVENT) -> Summary:
    return Summary(event, "motion", at(1), at(2), 1.0, 2.0, (), None)


class Yard:
    """A custody with its link and memory, and a clock."""

    def __init__(self, path: Path, max_bytes: int = 10_000_000) -> None:
        self.link = FakeLink()
        self.memory = EventMemory(StateFile(path / "events.json"))
        self.custody = Custody("yard", TOPICS, link=self.link, memory=self.memory, max_bytes=max_bytes)
        self.now_s = 100.0
        self.acked: list[int] = []

    def open(self, event: str = EVENT, since_s: float = 0) -> None:
        self.custody.open(event, "motion", at(1), at(since_s), frame(10).id)

    def take(self, *sequences: int, event: str = EVENT) -> None:
        for sequence in sequences:
            self.custody.take(event, frame(sequence), self.ack(sequence))

    def ack(self, sequence: int) -> "Ack":
        return Ack(self.acked, sequence)

    def step(self, after_s: float = 0.1) -> None:
        self.now_s += after_s
        self.custody.step(self.now_s)

    def end(self, event: str = EVENT) -> None:
        self.custody.end(summary(event), self.now_s)

    def published(self) -> list[bytes]:
        return [parcel.payload for parcel in self.link.take("/event/")]

    def handovers(self) -> list[Handover]:
        return [Handover.model_validate_json(parcel.payload) for parcel in self.link.take("/handover/")]

    def asked(self) -> list[Resend]:
        return [Resend.model_validate_json(parcel.payload) for parcel in self.link.take("/resend")]

    def answers(self) -> list[Resent]:
        return [Resent.model_validate_json(parcel.payload) for parcel in self.link.take("/resent")]


class Ack:
    def __init__(self, acked: list[int], sequence: int) -> None:
        self.acked, self.sequence = acked, sequence

    def __call__(self) -> None:
        self.acked.append(self.sequence)


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    made = Yard(tmp_path)
    made.open()
    return made


def ask(*ranges: tuple[int, int], event: str = EVENT) -> Resend:
    return Resend(session=SESSION, ranges=list(ranges), wanted_for=event, ask="motion")


def numbers(handover: Handover) -> list[int]:
    return [one.sequence for one in handover.frames]


class TestAFrame:
    def test_is_published_byte_for_byte_on_its_events_topic(self, yard: Yard) -> None:
        yard.take(10)
        [parcel] = yard.link.take("/event/")
        assert (parcel.topic, parcel.payload) == (f"nightjar-frames/yard/event/{EVENT}", frame(10).jpeg)

    def test_is_acknowledged_when_the_broker_has_taken_it_and_not_before(self, yard: Yard) -> None:
        yard.take(10, 11)
        assert yard.acked == []
        yard.published()
        assert yard.acked == [10, 11]

    def test_that_is_delivered_again_is_acknowledged_on_the_connection_that_brought_it_last(
        self, yard: Yard
    ) -> None:
        yard.take(10)
        again: list[int] = []
        yard.custody.repair(frame(10), Ack(again, 10))
        assert (yard.acked, again) == ([], [])
        yard.published()
        assert (yard.acked, again) == ([], [10])

    def test_that_is_delivered_again_after_it_was_published_is_acknowledged_at_once(self, yard: Yard) -> None:
        yard.take(10)
        yard.published()
        yard.custody.repair(frame(10), yard.ack(10))
        assert yard.acked == [10, 10]
        assert yard.published() == []


class TestWhatIsMissing:
    def test_is_asked_for_at_capture(self, yard: Yard) -> None:
        yard.take(10, 13)
        yard.step()
        assert yard.asked() == [Resend(session=SESSION, ranges=[(11, 12)], wanted_for="live", ask="capture")]

    def test_is_not_asked_for_while_the_broker_is_away(self, yard: Yard) -> None:
        yard.take(10, 12)
        yard.link.there = False
        yard.step(60)
        yard.link.there = True
        assert yard.asked() == []
        yard.step()
        assert len(yard.asked()) == 1

    def test_becomes_the_events_when_it_comes(self, yard: Yard) -> None:
        yard.take(10, 12)
        yard.custody.repair(frame(11), yard.ack(11))
        assert yard.published() == [frame(10).jpeg, frame(12).jpeg, frame(11).jpeg]
        assert yard.acked == [10, 12, 11]
        assert yard.custody.repaired == 1

    def test_delays_the_handover_until_it_has_come(self, yard: Yard) -> None:
        yard.take(10, 12)
        yard.end()
        yard.step()
        yard.custody.repair(frame(11), yard.ack(11))
        assert yard.handovers() == []
        yard.step()
        [handover] = yard.handovers()
        assert numbers(handover) == [10, 11, 12]
        assert handover.missing == []

    def test_is_named_in_the_handover_when_capture_no_longer_has_it(self, yard: Yard) -> None:
        yard.take(10, 13)
        yard.end()
        yard.published()
        yard.custody.resent(Resent(session=SESSION, gone=[(11, 12)], wanted_for="live", by="capture"))
        yard.step()
        [handover] = yard.handovers()
        assert numbers(handover) == [10, 13]
        assert [(gap.first, gap.last, gap.why) for gap in handover.missing] == [
            (11, 12, "capture no longer has it")
        ]
        assert yard.custody.missing == 2

    def test_of_the_pre_roll_and_older_than_it_was_taken_for_is_not_the_events(self, tmp_path: Path) -> None:
        yard = Yard(tmp_path)
        yard.open(since_s=0.9)
        yard.custody.expect(EVENT, 7, range(8, 10))
        yard.take(10)
        yard.custody.repair(frame(8), yard.ack(8))
        yard.custody.repair(frame(9), yard.ack(9))
        yard.end()
        yard.published()
        yard.step()
        [handover] = yard.handovers()
        assert numbers(handover) == [9, 10]
        assert handover.missing == []
        assert yard.acked[0] == 8

    def test_and_may_still_come_after_30_seconds_is_left_to_the_archiver(self, yard: Yard) -> None:
        yard.take(10, 12)
        yard.end()
        yard.published()
        yard.link.there = False
        yard.step(REPAIR_S)
        yard.link.there = True
        yard.step()
        [handover] = yard.handovers()
        assert numbers(handover) == [10, 11, 12]
        assert handover.missing == []


class TestAHandover:
    def test_waits_until_every_frame_is_with_the_broker(self, yard: Yard) -> None:
        yard.take(10, 11)
        yard.end()
        yard.step()
        yard.published()
        yard.step()
        assert [numbers(handover) for handover in yard.handovers()] == [[10, 11]]

    def test_is_said_again_ever_more_rarely_until_it_is_answered(self, yard: Yard) -> None:
        yard.take(10)
        yard.end()
        yard.published()
        said = []
        for second in range(100):
            yard.step(1.0)
            said += [second] * len(yard.handovers())
        assert said[0] == 0
        gaps = [later - earlier for earlier, later in pairwise(said)]
        assert 8 <= gaps[0] <= 13
        assert all(later > 1.2 * earlier for earlier, later in pairwise(gaps))
        yard.custody.answered(EVENT)
        yard.step(1000)
        assert yard.handovers() == []
        assert len(yard.custody) == 0

    def test_is_not_said_to_a_broker_that_is_away(self, yard: Yard) -> None:
        yard.take(10)
        yard.end()
        yard.published()
        yard.link.there = False
        yard.step(1000)
        assert len(yard.link.outbox) == 0

    def test_of_an_earlier_life_is_said_at_once(self, tmp_path: Path) -> None:
        handover = Handover(
            camera="yard", event=OTHER, reason="motion", started=at(0), ended=at(1), frames=[]
        )
        yard = Yard(tmp_path)
        yard.custody.restore([handover])
        yard.step()
        assert yard.handovers() == [handover]

    def test_is_remembered_before_it_is_said(self, yard: Yard) -> None:
        yard.take(10)
        yard.end()
        ended, still_open = yard.memory.left_over("yard")
        assert [numbers(one) for one in ended] == [[10]]
        assert still_open == []

    def test_is_not_answered_by_what_is_said_while_the_event_is_open(self, yard: Yard) -> None:
        yard.custody.answered(EVENT)
        yard.take(10)
        assert len(yard.custody) == 1


class TestTheArchiverAsks:
    def test_and_gets_two_frames_per_step_each_once(self, yard: Yard) -> None:
        yard.take(10, 11, 12)
        yard.published()
        for _ in range(3):  # it asks again before all have come
            yard.custody.ask(ask((10, 12)), lambda *_: None)
        yard.step()
        assert yard.published() == [frame(10).jpeg, frame(11).jpeg]
        yard.step()
        assert yard.published() == [frame(12).jpeg]
        yard.step()
        assert yard.published() == []

    def test_and_is_told_what_is_gone(self, tmp_path: Path) -> None:
        yard = Yard(tmp_path, max_bytes=3 * len(frame(10).jpeg))
        yard.open()
        yard.take(10, 11, 12, 13)
        yard.published()
        yard.custody.ask(ask((9, 11)), lambda *_: None)
        assert yard.answers() == [Resent(session=SESSION, gone=[(9, 10)], wanted_for=EVENT, by="motion")]
        yard.step()
        assert yard.published() == [frame(11).jpeg]

    def test_are_counted_when_they_have_to_be_let_go_before_they_are_archived(self, tmp_path: Path) -> None:
        yard = Yard(tmp_path, max_bytes=3 * len(frame(10).jpeg))
        yard.open()
        yard.take(10, 11, 12)
        assert yard.custody.dropped == 0
        yard.take(13, 14)
        assert yard.custody.dropped == 2

    def test_and_gets_what_only_the_ring_still_has(self, yard: Yard) -> None:
        yard.custody.ask(ask((14, 14)), lambda _session, sequence: frame(sequence))
        yard.step()
        assert yard.published() == [frame(14).jpeg]

    def test_for_an_event_that_is_none_and_gets_nothing_published_under_its_name(self, yard: Yard) -> None:
        yard.custody.ask(ask((10, 10), event="a/#"), lambda _session, sequence: frame(sequence))
        yard.step()
        assert [answer.gone for answer in yard.answers()] == [[(10, 10)]]
        assert yard.published() == []

    def test_in_vain_for_what_it_has_answered_meanwhile(self, yard: Yard) -> None:
        yard.take(10, 11, 12)
        yard.end()
        yard.published()
        yard.step()
        yard.published()
        yard.custody.ask(ask((10, 12)), lambda *_: None)
        yard.custody.answered(EVENT)
        yard.step()
        assert yard.published() == []
