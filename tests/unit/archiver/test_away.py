"""The store is away, and comes back: frames wait in the spool, events are set aside."""

from pathlib import Path

import pytest

from services.archiver.standing import PATIENCE_S
from services.contract.events import EventType
from services.contract.handover import Resend, Resent
from services.store import StoreFull, StoreRejected, StoreUnavailable
from tests.unit.archiver.events import EVENT, SESSION_HEX, frame, handover, key
from tests.unit.archiver.lives import RESENT, Archiver
from tests.unit.archiver.stores import MemoryStore
from tests.unit.links import TOPICS

AWAY = StoreUnavailable("S3 is away")


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def archiver(spool: Path) -> Archiver:
    return Archiver(MemoryStore(), spool)


def take_away(archiver: Archiver, error: StoreUnavailable = AWAY) -> None:
    archiver.store.away = error


def bring_back(archiver: Archiver) -> None:
    """And time passes until it is asked after."""
    archiver.store.away = None
    archiver.pass_time(20)


def settle(archiver: Archiver) -> None:
    """Until an event has come as far as it can."""
    for _ in range(3):
        archiver.drain()
        archiver.step(1)


def next_life(archiver: Archiver, spool: Path) -> Archiver:
    archiver.spool.close()
    return Archiver(archiver.store, spool)


class TestAFrame:
    def test_is_acknowledged_when_it_is_in_the_spool_and_not_before(self, archiver: Archiver) -> None:
        take_away(archiver)
        archiver.deliver(1)
        assert archiver.post.acknowledged == []
        archiver.keeper.step()
        assert archiver.post.acknowledged == [1]

    def test_is_brought_to_the_store_when_that_is_back_under_its_key(self, archiver: Archiver) -> None:
        take_away(archiver)
        archiver.deliver(1, 2)
        archiver.keeper.step()
        bring_back(archiver)
        archiver.drain()
        assert archiver.store.objects == {key(1): frame(1), key(2): frame(2)}
        assert archiver.store.metadata[key(2)]["sequence"] == "2"
        assert archiver.uploads.standing.well

    def test_goes_to_the_store_again_as_soon_as_that_is_well(self, archiver: Archiver) -> None:
        take_away(archiver)
        archiver.deliver(1)
        archiver.keeper.step()
        bring_back(archiver)
        archiver.drain()
        archiver.deliver(2)
        assert archiver.post.acknowledged == [1, 2]
        assert key(2) in archiver.store.objects

    def test_that_waited_too_long_for_its_turn_is_spooled(self, archiver: Archiver) -> None:
        archiver.workers.submit = lambda *_: None  # type: ignore[method-assign]  # all threads hang
        archiver.deliver(1)
        archiver.keeper.step()
        assert archiver.post.acknowledged == []
        archiver.pass_time(PATIENCE_S)
        archiver.keeper.step()
        assert archiver.post.acknowledged == [1]
        archiver.deliver(2)  # and nobody waits for such a store any more
        archiver.keeper.step()
        assert archiver.post.acknowledged == [1, 2]

    def test_stays_in_the_spool_while_a_full_store_lists_and_does_not_store(self, archiver: Archiver) -> None:
        archiver.store.refuses[".jpg"] = StoreFull("S3 is full")
        archiver.deliver(1)
        archiver.keeper.step()
        for _ in range(5):
            archiver.pass_time(20)
            archiver.drain()
        assert archiver.uploads.standing.problem == "S3 is full"
        assert archiver.spool.frames("yard") == 1
        archiver.store.refuses.clear()
        archiver.pass_time(20)
        archiver.drain()
        assert archiver.spool.frames("yard") == 0
        assert key(1) in archiver.store.objects

    def test_is_counted_once_wherever_it_went(self, archiver: Archiver) -> None:
        archiver.deliver(1)
        take_away(archiver)
        archiver.deliver(2, 3)
        archiver.keeper.step()
        bring_back(archiver)
        archiver.drain()
        stats = archiver.stats()
        assert (stats.stored, stats.spooled, stats.in_spool, stats.waiting) == (3, 2, 0, 0)

    def test_that_the_store_never_takes_is_given_up_and_holds_up_nothing(self, archiver: Archiver) -> None:
        take_away(archiver)
        archiver.deliver(1, 2)
        archiver.keeper.step()
        bring_back(archiver)
        archiver.store.refuses["01.jpg"] = StoreRejected("the object is too large")
        archiver.drain()
        assert list(archiver.store.objects) == [key(2)]
        archiver.hand_over(handover(1, 2))
        archiver.settle()
        [answer] = archiver.answers()
        assert answer.event_type is EventType.ARCHIVE_FAILED


class TestWithoutRoom:
    def test_frames_stay_with_the_broker_and_the_archiver_is_paused(self, spool: Path) -> None:
        archiver = Archiver(MemoryStore(), spool, max_bytes=len(frame(1)) + 100)
        take_away(archiver)
        archiver.deliver(1, 2)
        archiver.keeper.step()
        archiver.keeper.step()
        assert archiver.post.acknowledged == [1]
        assert archiver.keeper.paused
        assert "has reached its" in archiver.keeper.problem

    def test_that_it_is_nearly_so_can_be_seen_before(self, spool: Path) -> None:
        archiver = Archiver(MemoryStore(), spool, max_bytes=2 * (len(frame(1)) + 28) + 20)
        take_away(archiver)
        archiver.deliver(1, 2)
        archiver.keeper.step()
        assert archiver.spool.filled > 0.9
        assert not archiver.keeper.paused

    def test_nothing_is_asked_for_again_meanwhile(self, spool: Path) -> None:
        archiver = Archiver(MemoryStore(), spool, max_bytes=0)
        take_away(archiver)
        archiver.deliver(1, 2)
        archiver.keeper.step()
        archiver.hand_over(handover(1, 2))
        for _ in range(50):
            archiver.step(1)
        assert archiver.asked() == []
        assert archiver.answers() == []

    def test_they_are_stored_when_the_store_is_back(self, spool: Path) -> None:
        archiver = Archiver(MemoryStore(), spool, max_bytes=0)
        archiver.keeper.again = archiver.frames.store
        take_away(archiver)
        archiver.deliver(1)
        archiver.keeper.step()
        bring_back(archiver)
        archiver.drain()
        archiver.keeper.step()
        archiver.keeper.step()
        assert archiver.post.acknowledged == [1]
        assert key(1) in archiver.store.objects
        assert not archiver.keeper.paused


class TestAnEvent:
    def test_is_said_to_be_spooled_when_all_of_it_is_safe_and_archived_when_it_is_stored(
        self, archiver: Archiver
    ) -> None:
        archiver.deliver(1)
        take_away(archiver)
        archiver.deliver(2)
        archiver.keeper.step()
        archiver.hand_over(handover(1, 2))
        settle(archiver)
        [said] = archiver.answers()
        assert (said.event_type, said.event, said.why) == (EventType.SPOOLED, EVENT, "S3 is away")
        bring_back(archiver)
        settle(archiver)
        [end] = archiver.answers()
        assert (end.event_type, end.count) == (EventType.ARCHIVED, 2)
        assert [each.key for each in archiver.manifest().frames] == [key(1), key(2)]

    def test_leaves_nothing_in_the_spool_when_its_end_is_heard(self, archiver: Archiver, spool: Path) -> None:
        take_away(archiver)
        archiver.deliver(1)
        archiver.keeper.step()
        archiver.hand_over(handover(1))
        settle(archiver)
        bring_back(archiver)
        settle(archiver)
        assert [path for path in spool.rglob("*") if path.is_file()]
        archiver.answers()  # the broker takes them
        archiver.step(1)
        assert list(spool.iterdir()) == []

    def test_whose_frames_are_stored_is_set_aside_where_only_its_manifest_is_not(
        self, archiver: Archiver
    ) -> None:
        archiver.deliver(1)
        take_away(archiver)
        archiver.hand_over(handover(1))
        settle(archiver)
        assert [said.event_type for said in archiver.answers()] == [EventType.SPOOLED]
        bring_back(archiver)
        settle(archiver)
        assert [said.event_type for said in archiver.answers()] == [EventType.ARCHIVED]

    def test_that_is_handed_over_again_is_answered_again(self, archiver: Archiver) -> None:
        take_away(archiver)
        archiver.deliver(1)
        archiver.keeper.step()
        archiver.hand_over(handover(1))
        settle(archiver)
        archiver.hand_over(handover(1))
        settle(archiver)
        assert [said.event_type for said in archiver.answers()] == [EventType.SPOOLED] * 2

    def test_of_which_something_is_missing_is_asked_for_although_the_store_is_away(
        self, archiver: Archiver
    ) -> None:
        take_away(archiver)
        archiver.deliver(1)
        archiver.keeper.step()
        archiver.hand_over(handover(1, 2))
        settle(archiver)
        said = archiver.link.take()
        assert {parcel.topic for parcel in said} == {TOPICS.camera("yard", "resend")}
        request = Resend.model_validate_json(said[0].payload)
        assert (request.ask, request.ranges) == ("motion", [(2, 2)])
        archiver.deliver(2)
        archiver.keeper.step()
        settle(archiver)
        assert [said.event_type for said in archiver.answers()] == [EventType.SPOOLED]

    def test_that_lost_a_frame_is_spooled_and_says_so_when_it_is_stored(self, archiver: Archiver) -> None:
        take_away(archiver)
        archiver.deliver(1)
        archiver.keeper.step()
        archiver.hand_over(handover(1, 2))
        give_up(archiver)
        assert [said.event_type for said in archiver.answers()] == [EventType.SPOOLED]
        bring_back(archiver)
        settle(archiver)
        give_up(archiver)
        [end] = archiver.answers()
        assert (end.event_type, end.frames) == (EventType.ARCHIVE_FAILED, 1)

    def test_survives_the_archiver(self, archiver: Archiver, spool: Path) -> None:
        archiver.deliver(1)
        take_away(archiver)
        archiver.deliver(2)
        archiver.keeper.step()
        archiver.hand_over(handover(1, 2))
        settle(archiver)
        successor = next_life(archiver, spool)
        bring_back(successor)
        settle(successor)
        [end] = successor.answers()
        assert (end.event_type, end.count) == (EventType.ARCHIVED, 2)

    def test_that_was_archived_by_a_life_that_could_not_say_so_is_said_to_be_by_the_next(
        self, archiver: Archiver, spool: Path
    ) -> None:
        take_away(archiver)
        archiver.deliver(1)
        archiver.keeper.step()
        archiver.hand_over(handover(1))
        settle(archiver)
        bring_back(archiver)
        settle(archiver)  # its answer is in the outbox, and the process is killed
        successor = next_life(archiver, spool)
        settle(successor)
        assert [said.event_type for said in successor.answers()] == [EventType.ARCHIVED]

    def test_needs_no_memory_while_it_waits(self, archiver: Archiver) -> None:
        take_away(archiver)
        archiver.deliver(1)
        archiver.keeper.step()
        archiver.hand_over(handover(1))
        settle(archiver)
        assert archiver.events._closings == {}
        assert archiver.ledger.of("yard", EVENT).spooled == set()

    def test_is_archived_although_archiving_was_switched_off_since(self, archiver: Archiver) -> None:
        """Whoever handed it over has let its frames go."""
        take_away(archiver)
        archiver.deliver(1)
        archiver.keeper.step()
        archiver.hand_over(handover(1))
        settle(archiver)
        archiver.archiving = False
        bring_back(archiver)
        settle(archiver)
        assert [said.event_type for said in archiver.answers()] == [EventType.SPOOLED, EventType.ARCHIVED]


def give_up(archiver: Archiver) -> None:
    """Frame 2 is nowhere any more."""
    archiver.step(1)
    for holder in ("motion", "capture"):
        gone = Resent(session=SESSION_HEX, gone=[(2, 2)], wanted_for=EVENT, by=holder)
        archiver.events.take_resent(archiver.post.deliver(RESENT, gone.payload()))
        archiver.step(30)
    for _ in range(3):
        archiver.step(30)
