"""From an event frame's delivery to the answer, with a store in memory; the test's steps are the time."""

import hashlib
import json

import pytest

from services.contract.events import EventType
from services.contract.frame import FrameId
from services.contract.handover import Resend, Resent
from services.store import StoreRejected, StoreUnavailable
from tests.unit.archiver.events import (
    EVENT,
    LAYOUT,
    SESSION,
    SESSION_HEX,
    START,
    frame,
    frame_id,
    handover,
    key,
)
from tests.unit.archiver.lives import HANDOVER, RESENT, TOPIC, Archiver
from tests.unit.archiver.stores import MemoryStore
from tests.unit.links import TOPICS, stamped


@pytest.fixture
def archiver() -> Archiver:
    return Archiver(MemoryStore())


class TestAFrame:
    def test_is_stored_byte_for_byte_under_its_key_with_who_it_is_and_then_acknowledged(
        self, archiver: Archiver
    ) -> None:
        archiver.deliver(1)
        assert archiver.store.objects == {key(1): frame(1)}
        assert archiver.store.metadata[key(1)] == {
            "camera": "yard",
            "event": EVENT,
            "time": "2026-11-20T08:30:01.000000Z",
            "session": SESSION_HEX,
            "sequence": "1",
            "sha256": hashlib.sha256(frame(1)).hexdigest(),
        }
        assert archiver.post.acknowledged == [1]

    def test_that_could_not_be_stored_before_the_end_is_not_acknowledged(self, archiver: Archiver) -> None:
        archiver.store.away = StoreUnavailable("away")
        archiver.deliver(1)
        assert archiver.post.acknowledged == []

    def test_that_comes_twice_is_one_object(self, archiver: Archiver) -> None:
        archiver.deliver(1, 1)
        archiver.hand_over(handover(1))
        archiver.settle()
        assert len(archiver.manifest().frames) == 1
        assert archiver.post.acknowledged == [1, 2]

    def test_that_the_store_never_takes_is_counted_and_let_go(self, archiver: Archiver) -> None:
        archiver.store.refuses["01.jpg"] = StoreRejected("the object is too large")
        archiver.deliver(1, 2)
        archiver.hand_over(handover(1, 2))
        archiver.settle()
        [answer] = archiver.answers()
        assert answer.event_type is EventType.ARCHIVE_FAILED
        assert [(gap.first, gap.last, gap.why) for gap in answer.missing or []] == [
            (1, 1, "the object is too large")
        ]
        assert archiver.stats().failed == 1
        assert archiver.post.acknowledged == [1, 2]

    def test_of_a_camera_that_is_not_archived_is_let_go(self, archiver: Archiver) -> None:
        archiver.archiving = False
        archiver.deliver(1)
        assert archiver.store.objects == {}
        assert archiver.post.acknowledged == [1]

    @pytest.mark.parametrize(
        ("topic", "payload"),
        [
            (TOPIC, b""),
            (TOPIC, b"no JPEG"),
            (TOPIC, frame(1)[:-2]),
            (TOPIC, b"\xff\xd8\xff\xdb\x00\x04\x00\x00\xff\xd9"),
            (TOPIC, b"\x00" * 9_000_000),
            (TOPIC, stamped(FrameId("yard", SESSION, 0, START))),
            (TOPIC, stamped(frame_id(1, camera="door"))),
            (TOPICS.event_frames("yard", "20261399T083000Z-3f9c"), frame(1)),
            (TOPICS.event_frames("yard", "..."), frame(1)),
        ],
        ids=["empty", "text", "cut off", "unstamped", "huge", "number 0", "other camera", "no date", "no id"],
    )
    def test_that_is_none_is_counted_skipped_and_said(
        self, archiver: Archiver, topic: str, payload: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        archiver.frames.take(archiver.post.deliver(topic, payload))
        archiver.frames.take(archiver.post.deliver(topic, payload))
        assert archiver.store.objects == {}
        assert archiver.post.acknowledged == [1, 2]
        assert archiver.stats().unusable == 2
        assert caplog.messages == [f"yard: what came on {topic} is no frame of an event; skipped"]


class TestAnEvent:
    def test_whose_frames_are_stored_gets_its_manifest_and_is_archived(self, archiver: Archiver) -> None:
        archiver.deliver(1, 2, 3)
        archiver.hand_over(handover(1, 2, 3))
        archiver.settle()
        [answer] = archiver.answers()
        assert (answer.event_type, answer.frames) == (EventType.ARCHIVED, 3)
        assert [one.key for one in archiver.manifest().frames] == [key(1), key(2), key(3)]
        assert archiver.stats().events == 1

    def test_that_is_handed_over_again_gets_the_same_answer_again(self, archiver: Archiver) -> None:
        archiver.deliver(1)
        archiver.hand_over(handover(1))
        archiver.settle()
        [first] = archiver.answers()
        archiver.hand_over(handover(1))
        archiver.settle()
        assert archiver.answers() == [first]

    def test_whose_frame_is_lost_on_the_way_is_repaired_from_motion(self, archiver: Archiver) -> None:
        archiver.deliver(1, 3)
        archiver.hand_over(handover(1, 2, 3))
        archiver.step(1)
        archiver.step(1)
        assert archiver.asked() == [
            Resend(session=SESSION_HEX, ranges=[(2, 2)], wanted_for=EVENT, ask="motion")
        ]
        archiver.deliver(2)
        archiver.settle()
        assert [answer.event_type for answer in archiver.answers()] == [EventType.ARCHIVED]

    def test_that_nobody_has_whole_fails_with_what_is_missing(self, archiver: Archiver) -> None:
        archiver.deliver(1)
        archiver.hand_over(handover(1, 2))
        for by in ("motion", "capture"):
            gone = {"session": SESSION_HEX, "gone": [[2, 2]], "for": EVENT, "by": by}
            resent = Resent.model_validate(gone)
            archiver.events.take_resent(archiver.post.deliver(RESENT, resent.payload()))
        archiver.settle()
        [answer] = archiver.answers()
        assert (answer.event_type, answer.why) == (
            EventType.ARCHIVE_FAILED,
            "1 frames could not be had any more",
        )

    def test_of_which_an_archiver_before_us_stored_a_part_is_whole(self, archiver: Archiver) -> None:
        archiver.deliver(1, 2)
        successor = Archiver(archiver.store)
        successor.deliver(3)
        successor.hand_over(handover(1, 2, 3))
        successor.step(1)  # looks
        successor.step(1)
        assert successor.asked() == []
        assert [frame.sequence for frame in successor.manifest().frames] == [1, 2, 3]

    def test_that_an_archiver_before_us_has_closed_is_answered_again(self, archiver: Archiver) -> None:
        archiver.deliver(1, 2)
        archiver.hand_over(handover(1, 2))
        archiver.settle()
        [before] = archiver.answers()
        successor = Archiver(archiver.store)
        successor.hand_over(handover(1, 2))
        successor.step(1)
        successor.step(1)
        [after] = successor.answers()
        assert after.model_copy(update={"time": before.time}) == before

    def test_whose_bucket_was_emptied_before_its_end_is_had_again_from_motion(
        self, archiver: Archiver, caplog: pytest.LogCaptureFixture
    ) -> None:
        archiver.deliver(1, 2)
        archiver.store.objects.clear()
        archiver.deliver(3)
        archiver.hand_over(handover(1, 2, 3))
        archiver.step()  # looks
        archiver.step(1)
        assert [(one.ranges, one.ask) for one in archiver.asked()] == [([(1, 2)], "motion")]
        assert caplog.messages == [
            f"yard: 2 frames of {EVENT} are gone from memory:, where they had been stored; "
            "they are asked for again"
        ]
        archiver.deliver(1, 2)
        archiver.settle()
        [answer] = archiver.answers()
        assert (answer.event_type, answer.frames) == (EventType.ARCHIVED, 3)
        assert archiver.store.objects.keys() == {key(1), key(2), key(3), LAYOUT.manifest_key("yard", EVENT)}

    def test_whose_bucket_is_deleted_while_its_manifest_is_written_is_had_again_too(
        self, archiver: Archiver
    ) -> None:
        archiver.deliver(1)
        archiver.hand_over(handover(1))
        archiver.step()  # has seen that it is there
        archiver.store.objects.clear()
        archiver.store.refuses["event.json"] = StoreUnavailable("S3 has no such bucket")
        archiver.step()
        archiver.store.refuses.clear()
        archiver.settle()
        assert archiver.answers() == []
        archiver.step(1)
        assert [one.ranges for one in archiver.asked()] == [[(1, 1)]]

    def test_is_taken_for_stored_by_a_store_that_cannot_be_read(self, archiver: Archiver) -> None:
        archiver.store.is_readable = False
        archiver.deliver(1)
        archiver.store.objects.clear()
        archiver.hand_over(handover(1))
        archiver.settle()
        assert [answer.event_type for answer in archiver.answers()] == [EventType.ARCHIVED]

    def test_in_whose_folder_something_else_lies_is_not_disturbed(self, archiver: Archiver) -> None:
        archiver.deliver(1)
        archiver.store.objects[key(2)] = b"no JPEG"
        archiver.store.objects[key(3)] = frame(4)
        successor = Archiver(archiver.store)
        successor.hand_over(handover(1))
        successor.step(1)
        successor.step(1)
        assert [one.sequence for one in successor.manifest().frames] == [1]

    def test_of_a_camera_that_is_not_archived_is_answered_so(self, archiver: Archiver) -> None:
        archiver.archiving = False
        archiver.hand_over(handover(1, 2))
        archiver.settle()
        assert [answer.event_type for answer in archiver.answers()] == [EventType.NOT_ARCHIVED]

    def test_whose_frames_came_while_archiving_was_off_is_whole_when_it_is_on_at_the_end(
        self, archiver: Archiver
    ) -> None:
        archiver.archiving = False
        archiver.deliver(1)
        archiver.archiving = True
        archiver.deliver(2)
        archiver.hand_over(handover(1, 2))
        archiver.step(1)
        archiver.step(1)
        assert [request.ranges for request in archiver.asked()] == [[(1, 1)]]

    def test_whose_manifest_the_store_never_takes_fails_with_the_stores_words(
        self, archiver: Archiver
    ) -> None:
        archiver.store.refuses["event.json"] = StoreRejected("the store takes no such key")
        archiver.deliver(1)
        archiver.hand_over(handover(1))
        archiver.settle()
        [answer] = archiver.answers()
        assert (answer.event_type, answer.why) == (EventType.ARCHIVE_FAILED, "the store takes no such key")

    def test_whose_manifest_was_not_stored_before_the_end_is_not_answered(self, archiver: Archiver) -> None:
        archiver.deliver(1)
        archiver.hand_over(handover(1))
        archiver.store.away = StoreUnavailable("away")
        archiver.settle()
        assert archiver.answers() == []


NO_DATE = json.loads(handover(1).payload()) | {"event": "20261399T083000Z-3f9c"}


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"camera": 1}', json.dumps(NO_DATE).encode()],
    ids=["empty", "cut off", "list", "bytes", "null", "fields", "no date"],
)
def test_a_handover_that_cannot_be_read_is_ignored_and_said(
    archiver: Archiver, payload: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    archiver.events.take_handover(archiver.post.deliver(HANDOVER, payload))
    archiver.step(100)
    assert caplog.messages == [f"a message on {HANDOVER} was not understood and is ignored"]
    assert archiver.answers() == []


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"\xff\xfe", b'{"session": "x"}'])
def test_an_answer_that_cannot_be_read_is_ignored_and_said(
    archiver: Archiver, payload: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    archiver.events.take_resent(archiver.post.deliver(RESENT, payload))
    assert caplog.messages == [f"a message on {RESENT} was not understood and is ignored"]
