"""The watch with a fake link and a scripted detector; the test works off its inbox in place of its thread."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.contract.events import EventMessage, EventType
from services.contract.frame import Frame, FrameId
from services.contract.handover import Handover, Resend, Resent
from services.contract.settings import MotionSettings
from services.contract.status import CaptureStats, Score
from services.motion.detector import Decision
from services.motion.memory import EventMemory
from services.motion.turns import Turns
from services.motion.watch import Watch
from services.runtime.state import StateFile
from services.runtime.stop import Stop
from tests.unit.links import NOWHERE, TOPICS, FakeLink, Post, stamped

FPS = 10
SESSION = 7
LIVE = TOPICS.frames("yard", "live")
REPAIR = TOPICS.frames("yard", "repair")
STILL, MOVING = (
    Decision(),
    Decision(moving=True, score=2.0, boxes=((0.1, 0.2, 0.3, 0.4),), best=0.1, zones=("gate",)),
)
SETTINGS = MotionSettings(pre_roll=1, post_roll=0.5)


class Yard:
    """A watch whose inbox is worked off by the test; frames move where the test says so."""

    def __init__(self, path: Path, settings: MotionSettings = SETTINGS) -> None:
        self.link, self.control, self.post = FakeLink(), FakeLink(), Post()
        self.memory = EventMemory(StateFile(path / "events.json"))
        self.memory.load()
        self.watch = Watch(
            "yard",
            settings,
            broker=NOWHERE,
            topics=TOPICS,
            control=self.control,
            memory=self.memory,
            turns=Turns(1),
        )
        self._replace_parts()
        self.start = datetime.now(UTC) - timedelta(seconds=1)
        self.moving: set[int] = set()
        self.best: set[int] = set()

    def _replace_parts(self) -> None:
        """The link that never runs in place of the real one, and a detector that knows by number."""
        lookout = self.watch._lookout
        self.watch.link = lookout.voice._link = lookout.custody._link = lookout.arrivals._link = self.link
        sight = lookout._sight
        setattr(sight, "look", self._look)  # noqa: B010  (a method is replaced)

    def _look(self, frame: Frame, *, busy: bool, alert: bool = False) -> Decision | None:
        if not self.watch._lookout._sight.on:
            return None
        if frame.id.sequence in self.best:
            return replace(MOVING, best=0.9)
        return MOVING if frame.id.sequence in self.moving else STILL

    def detector_began(self, sequence: int) -> None:
        """With this frame, and from now on it is young."""
        began = self.start + timedelta(seconds=sequence / FPS)
        setattr(self.watch._lookout._sight, "blind_since", lambda _now: began)  # noqa: B010

    def begin(self) -> "Yard":
        self.watch._lookout.take_up()
        return self

    def work(self) -> None:
        """Works off the inbox, and lets no time pass."""
        while work := self.watch._inbox.next():
            work()
        self.watch._lookout.arrivals.mind_gaps()
        self.watch.custody.step(time.monotonic())

    def pass_time(self, seconds: float) -> None:
        """In steps, while the link is up."""
        for _ in range(int(seconds * 2)):
            self.watch._lookout.silence.passed(0.5)
            self.watch._lookout.arrivals.mind_gaps()
        self.work()

    def silence(self, seconds: float) -> None:
        self.work()
        self.watch._lookout.silence.passed(seconds)
        self.watch._lookout.mind_silence()
        self.work()

    def frame(self, sequence: int, session: int = SESSION) -> bytes:
        when = self.start + timedelta(seconds=sequence / FPS)
        return stamped(FrameId("yard", session, sequence, when))

    def live(self, *sequences: int, session: int = SESSION) -> None:
        for sequence in sequences:
            self.watch._live_frame(self.post.deliver(LIVE, self.frame(sequence, session)))
        self.work()

    def repair(self, *sequences: int) -> None:
        for sequence in sequences:
            self.watch._repair_frame(self.post.deliver(REPAIR, self.frame(sequence)))
        self.work()

    def taken(self) -> list[tuple[str, bytes]]:
        """What the broker has taken now, in order."""
        return [(parcel.topic, parcel.payload) for parcel in self.link.take()]

    def stored(self) -> dict[str, list[int]]:
        """The numbers that were published of each event, in order."""
        found: dict[str, list[int]] = {}
        for topic, payload in self.taken():
            if "/event/" in topic:
                numbers = {self.frame(n): n for n in range(1, 300)}
                found.setdefault(topic.rpartition("/")[2], []).append(numbers[payload])
        return found

    def said(self, *kinds: EventType) -> list[EventMessage]:
        parcels = self.control.take("yard/event")
        messages = [EventMessage.model_validate_json(parcel.payload) for parcel in parcels]
        return [message for message in messages if message.event_type in kinds]


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path).begin()


def gone(first: int, last: int) -> Resent:
    return Resent(session=f"{SESSION:016x}", gone=[(first, last)], wanted_for="live", by="capture")


def capture_says(last: int, session: int = SESSION) -> CaptureStats:
    return CaptureStats(
        time=datetime.now(UTC),
        session=f"{session:016x}",
        last_sequence=last,
        fps=FPS,
        captured=last,
        skipped=0,
        published=last,
        lost=0,
        resent=0,
        outbox_frames=0,
        outbox_bytes=0,
        reconnects=0,
    )


class TestAnEvent:
    def test_has_its_pre_roll_its_motion_and_its_post_roll(self, yard: Yard) -> None:
        yard.moving = {20, 21, 22}
        yard.live(*range(1, 40))
        assert list(yard.stored().values()) == [list(range(10, 28))]

    def test_right_after_another_begins_where_that_ended(self, yard: Yard) -> None:
        yard.moving = {20, 32}
        yard.live(*range(1, 60))
        first, second = yard.stored().values()
        assert (first[0], first[-1], second[0], second[-1]) == (10, 25, 26, 37)

    def test_that_grows_too_long_goes_on_as_another_without_a_gap(self, tmp_path: Path) -> None:
        yard = Yard(tmp_path, SETTINGS.model_copy(update={"max_length": 2})).begin()
        yard.moving = set(range(20, 60))
        yard.live(*range(1, 80))
        numbers = [number for event in yard.stored().values() for number in event]
        assert numbers == list(range(10, numbers[-1] + 1))

    def test_on_a_trigger_has_the_newest_frame_and_the_pre_roll(self, yard: Yard) -> None:
        yard.live(*range(1, 30))
        yard.watch.trigger("bell", 0.3)
        yard.work()
        yard.live(*range(30, 50))
        [numbers] = yard.stored().values()
        assert numbers[0] == 19
        assert numbers[-1] >= 32
        assert [message.reason for message in yard.said(EventType.MANUAL)] == ["bell"]

    def test_on_a_trigger_before_any_frame_begins_with_the_first(self, yard: Yard) -> None:
        yard.watch.trigger("bell", 2.0)
        yard.work()
        yard.live(*range(1, 60))
        [numbers] = yard.stored().values()
        assert numbers[0] == 1

    def test_on_a_trigger_after_a_long_stillness_begins_with_the_next_frame(self, yard: Yard) -> None:
        yard.live(*range(1, 6))
        yard.silence(60)
        yard.watch.trigger("bell", 30)
        yard.work()
        assert yard.stored() == {}
        yard.live(6, 7)
        [numbers] = yard.stored().values()
        assert numbers[-2:] == [6, 7]

    def test_ends_when_detection_is_switched_off(self, yard: Yard) -> None:
        yard.moving = set(range(20, 90))
        yard.live(*range(1, 30))
        yard.watch.configure(SETTINGS, detecting=False)
        yard.live(*range(30, 90))
        [numbers] = yard.stored().values()
        assert numbers[-1] == 34
        assert yard.link.held["nightjar/camera/yard/motion"] == b"OFF"


class TestAnAcknowledgement:
    def test_of_a_quiet_frame_comes_when_it_is_in_the_ring(self, yard: Yard) -> None:
        yard.live(1, 2)
        assert yard.post.acknowledged == [1, 2]

    def test_of_an_events_frame_comes_when_the_broker_has_the_event_frame(self, yard: Yard) -> None:
        yard.moving = {2}
        yard.live(1, 2, 3)
        assert yard.post.acknowledged == [1]
        yard.taken()
        assert yard.post.acknowledged == [1, 2, 3]

    def test_of_a_repair_of_the_pre_roll_comes_no_sooner(self, yard: Yard) -> None:
        yard.moving = {22}
        yard.live(20, 21, 22, 23)
        yard.taken()
        yard.repair(19)
        assert yard.post.acknowledged == [1, 2, 3, 4]
        yard.taken()
        assert yard.post.acknowledged == [1, 2, 3, 4, 5]

    def test_of_a_frame_that_waits_for_others_comes_at_once_or_the_others_could_not_come(
        self, yard: Yard
    ) -> None:
        """The broker gives only so many that are not acknowledged; capture still has them all."""
        yard.live(1, *range(11, 41))
        assert yard.post.acknowledged == list(range(1, 32))

    def test_of_a_redelivery_waits_for_the_event_frame_too(self, yard: Yard) -> None:
        yard.moving = {2}
        yard.live(1, 2)
        yard.live(2)  # the connection was lost meanwhile
        assert yard.post.acknowledged == [1]
        yard.taken()
        assert yard.post.acknowledged == [1, 3]

    def test_is_withheld_while_the_service_ends(self, yard: Yard) -> None:
        yard.watch._ending = True
        yard.live(1)
        assert yard.post.acknowledged == []

    def test_of_what_is_no_frame_comes_at_once(self, yard: Yard, caplog: pytest.LogCaptureFixture) -> None:
        zero = FrameId("yard", SESSION, 0, yard.start)
        elsewhere = FrameId("door", SESSION, 1, yard.start)
        payloads = [b"", b"no JPEG", yard.frame(1)[:-2], stamped(zero), stamped(elsewhere)]
        for payload in payloads:
            yard.watch._live_frame(yard.post.deliver(LIVE, payload))
        yard.work()
        assert yard.post.acknowledged == [1, 2, 3, 4, 5]
        assert yard.watch.stats().undecodable == 5
        assert caplog.messages == [
            "yard: what came on nightjar-frames/yard/live is no frame of this camera; skipped"
        ]


class TestALostFrame:
    def test_inside_an_event_is_asked_for_and_repaired(self, yard: Yard) -> None:
        yard.moving = {20}
        yard.live(*range(1, 22), *range(23, 40))
        asked = [Resend.model_validate_json(p) for topic, p in yard.taken() if topic.endswith("resend")]
        assert [(request.ranges, request.wanted_for, request.ask) for request in asked] == [
            ([(22, 22)], "live", "capture")
        ]
        yard.repair(22)
        assert list(yard.stored().values()) == [[22, 23, 24, 25]]

    def test_in_the_pre_roll_is_asked_for_too(self, yard: Yard) -> None:
        yard.moving = {20}
        yard.live(*range(1, 15), *range(17, 40))
        asked = [Resend.model_validate_json(p) for topic, p in yard.taken() if topic.endswith("resend")]
        assert [request.ranges for request in asked] == [[(15, 16)]]

    def test_between_two_events_belongs_to_one_of_them_alone(self, yard: Yard) -> None:
        """Numbers 24 to 31 are lost: the first event's post-roll ends with 25, the second begins with 35."""
        yard.moving = {20, 35}
        yard.live(*range(1, 24), *range(32, 60))
        yard.taken()
        yard.repair(*range(24, 32))
        repaired = yard.stored()
        stored = sorted(number for numbers in repaired.values() for number in numbers)
        assert stored == list(range(24, 41))
        first = min(repaired)
        assert repaired[first][:2] == [24, 25]

    def test_that_comes_as_a_late_live_frame_is_taken_all_the_same(self, yard: Yard) -> None:
        yard.moving = {20}
        yard.live(*range(1, 22), 23, 24)
        yard.taken()
        yard.live(22)
        assert list(yard.stored().values()) == [[22, 23, 24]]

    def test_is_looked_at_before_those_after_it(self, yard: Yard) -> None:
        """Somebody passed while the broker forgot: only the lost frames show it."""
        yard.moving = set(range(30, 35))
        yard.live(*range(1, 21), *range(51, 56))
        yard.taken()
        assert yard.watch.stats().events == 0
        yard.repair(*range(21, 51))
        assert list(yard.stored().values()) == [list(range(20, 40))]

    def test_that_capture_no_longer_has_keeps_nobody_waiting(self, yard: Yard) -> None:
        yard.moving = {30}
        yard.live(*range(1, 21), *range(25, 36))
        yard.taken()
        yard.watch.resent(gone(21, 24))
        yard.work()
        assert list(yard.stored().values()) == [[20, *range(25, 36)]]

    def test_that_nobody_answers_for_is_given_up(self, yard: Yard) -> None:
        yard.moving = {30}
        yard.live(*range(1, 21), *range(25, 36))
        assert yard.watch.stats().events == 0
        yard.pass_time(5)
        assert len([topic for topic, _ in yard.taken() if topic.endswith("resend")]) > 1
        yard.pass_time(2)
        assert yard.watch.stats().events == 1

    def test_of_a_capture_that_began_while_the_broker_forgot_is_asked_for_too(self, yard: Yard) -> None:
        yard.live(*range(1, 21))
        yard.live(9, 10, session=SESSION + 1)
        [asked] = [Resend.model_validate_json(p) for topic, p in yard.taken() if topic.endswith("resend")]
        assert (asked.session, asked.ranges) == (f"{SESSION + 1:016x}", [(1, 8)])

    def test_at_the_tail_is_seen_from_captures_last_number(self, yard: Yard) -> None:
        yard.moving = set(range(20, 30))
        yard.live(*range(1, 27))
        yard.watch.captured(capture_says(28))
        yard.watch.camera_offline()
        yard.taken()
        yard.silence(3)
        asked = [Resend.model_validate_json(p) for topic, p in yard.taken() if topic.endswith("resend")]
        assert [request.ranges for request in asked] == [[(27, 28)]]
        yard.repair(27, 28)
        yard.taken()
        yard.work()
        [handover] = [Handover.model_validate_json(p) for topic, p in yard.taken() if "/handover/" in topic]
        assert [frame.sequence for frame in handover.frames] == list(range(10, 29))

    def test_after_the_tail_of_another_capture_session_says_nothing(self, yard: Yard) -> None:
        yard.moving = set(range(20, 30))
        yard.live(*range(1, 27))
        yard.watch.captured(capture_says(400, session=6))
        yard.watch.camera_offline()
        yard.silence(3)
        assert not [topic for topic, _ in yard.taken() if topic.endswith("resend")]


class TestACameraThatGoesOffline:
    def test_does_not_end_an_event_whose_frames_still_come(self, yard: Yard) -> None:
        yard.moving = set(range(20, 40))
        yard.live(*range(1, 25))
        yard.watch.camera_offline()
        yard.silence(1)
        yard.live(*range(25, 50))
        assert len(yard.stored()) == 1

    def test_ends_its_event_when_nothing_comes_any_more(self, yard: Yard) -> None:
        yard.moving = set(range(20, 40))
        yard.live(*range(1, 25))
        yard.watch.camera_offline()
        yard.silence(3)
        assert len(yard.said(EventType.MOTION_END)) == 1

    def test_and_begins_a_new_session_goes_on_in_the_same_event(self, yard: Yard) -> None:
        yard.moving = set(range(20, 25))
        yard.live(*range(1, 25))
        yard.moving = {1, 2}
        yard.start += timedelta(seconds=2.5)
        yard.live(*range(1, 30), session=8)
        [event] = yard.said(EventType.MOTION_END)
        published = [payload for topic, payload in yard.taken() if topic.endswith(event.event or "")]
        assert published[-1] == yard.frame(7, session=8)

    def test_and_was_killed_is_asked_for_what_it_had_numbered(self, yard: Yard) -> None:
        """So that the manifest says what was cut off: nobody has it any more."""
        yard.moving = set(range(20, 90))
        yard.live(*range(1, 31))
        yard.watch.captured(capture_says(33))
        yard.watch.captured(capture_says(2, SESSION + 1))
        yard.live(1, session=SESSION + 1)
        asked = [Resend.model_validate_json(p) for topic, p in yard.taken() if topic.endswith("resend")]
        assert [(int(request.session, 16), request.ranges) for request in asked] == [(SESSION, [(31, 33)])]

    def test_whose_old_frames_come_once_more_does_not_end_the_event(self, yard: Yard) -> None:
        """As a broker does that restored a session from before its death."""
        yard.moving = set(range(1, 30))
        yard.live(*range(1, 5))
        yard.start += timedelta(seconds=1)
        yard.live(*range(1, 10), session=8)
        yard.live(3, 4, session=SESSION)
        yard.live(*range(10, 20), session=8)
        assert len(yard.said(EventType.MOTION_START)) == 1
        assert yard.said(EventType.MOTION_END) == []


class TestABrokerThatIsAway:
    def test_leaves_an_event_open_for_what_is_still_to_come(self, yard: Yard) -> None:
        yard.moving = set(range(20, 40))
        yard.live(*range(1, 25))
        yard.link.there = False
        yard.watch._work_until(Passed(0.3))
        assert yard.watch._lookout.silence.clock_s == 0
        yard.link.there = True
        yard.watch._work_until(Passed(0.3))
        assert yard.watch._lookout.silence.clock_s > 0.1


class Passed:
    def __init__(self, seconds: float) -> None:
        self._until_s = time.monotonic() + seconds

    def __call__(self) -> bool:
        return time.monotonic() > self._until_s


class TestMotionOn:
    def test_is_not_said_for_what_moved_during_an_outage(self, yard: Yard) -> None:
        yard.start -= timedelta(seconds=60)
        yard.moving = set(range(20, 30))
        yard.live(*range(1, 25))
        assert yard.link.held["nightjar/camera/yard/motion"] == b"OFF"
        assert [message.late for message in yard.said(EventType.MOTION_START)] == [True]

    def test_is_said_as_soon_as_live_frames_still_move(self, yard: Yard) -> None:
        yard.start -= timedelta(seconds=60)
        yard.moving = set(range(20, 40))
        yard.live(*range(1, 25))
        yard.start += timedelta(seconds=60)
        yard.live(*range(25, 30))
        assert yard.link.held["nightjar/camera/yard/motion"] == b"ON"


class TestAZone:
    ZONED = MotionSettings.model_validate(
        {"pre_roll": 1, "post_roll": 0.5, "zones": {"gate": {"points": [[0, 0], [1, 0], [1, 1]]}}}
    )
    GATE = TOPICS.zone("yard", "gate")

    def test_is_off_from_the_start_and_on_while_something_moves_in_it(self, tmp_path: Path) -> None:
        yard = Yard(tmp_path, self.ZONED).begin()
        yard.watch.attach()
        assert yard.link.held[self.GATE] == b"OFF"
        yard.moving = set(range(20, 30))
        yard.live(*range(1, 25))
        assert yard.link.held[self.GATE] == b"ON"
        yard.live(*range(25, 60))
        assert yard.link.held[self.GATE] == b"OFF"

    def test_that_is_not_configured_is_not_told(self, yard: Yard) -> None:
        yard.moving = {20}
        yard.live(*range(1, 25))
        assert self.GATE not in yard.link.held

    def test_is_not_on_for_what_moved_during_an_outage(self, tmp_path: Path) -> None:
        yard = Yard(tmp_path, self.ZONED).begin()
        yard.start -= timedelta(seconds=60)
        yard.moving = set(range(20, 30))
        yard.live(*range(1, 25))
        assert yard.link.held[self.GATE] == b"OFF"

    def test_that_is_taken_away_is_forgotten_by_the_broker(self, tmp_path: Path) -> None:
        yard = Yard(tmp_path, self.ZONED).begin()
        yard.live(1)
        yard.watch.configure(SETTINGS, detecting=True)
        yard.work()
        assert yard.link.held[self.GATE] == b""

    def test_that_was_taken_away_while_we_were_away_is_forgotten_too(self, yard: Yard) -> None:
        yard.watch.forget_zone("old")
        yard.work()
        assert yard.link.held[TOPICS.zone("yard", "old")] == b""

    def test_that_there_is_is_not_forgotten(self, tmp_path: Path) -> None:
        yard = Yard(tmp_path, self.ZONED).begin()
        yard.watch.attach()
        yard.watch.forget_zone("gate")
        yard.work()
        assert yard.link.held[self.GATE] == b"OFF"


class TestTheScore:
    SCORE = TOPICS.camera("yard", "score")

    def test_is_said_of_each_frame_while_somebody_tunes(self, yard: Yard) -> None:
        yard.moving = {2}
        yard.live(1)
        assert yard.control.flashed == []
        yard.watch.tune(10)
        yard.live(2, 3)
        scores = [Score.model_validate_json(payload) for topic, payload in yard.control.flashed]
        assert [(one.sequence, one.score, one.moving) for one in scores] == [(2, 2.0, True), (3, 0.0, False)]
        assert {topic for topic, _ in yard.control.flashed} == {self.SCORE}

    def test_is_not_said_any_more_when_the_time_is_over(self, yard: Yard) -> None:
        yard.watch.tune(0)
        yard.live(1)
        assert yard.control.flashed == []


def test_the_best_picture_is_shown_although_the_ring_has_forgotten_it(tmp_path: Path) -> None:
    yard = Yard(tmp_path, MotionSettings(pre_roll=0, post_roll=30)).begin()
    yard.moving = set(range(5, 13))
    yard.best = {12}
    yard.live(*range(1, 320))
    [*_, snapshot] = [payload for topic, payload in yard.taken() if topic.endswith("snapshot")]
    assert snapshot == yard.frame(12)


class TestALifeAfterAnother:
    def test_begins_its_event_before_what_one_that_was_killed_may_have_overlooked(
        self, tmp_path: Path
    ) -> None:
        before = Yard(tmp_path).begin()
        before.detector_began(5)
        before.live(*range(5, 21))  # somebody was there, and the detector too new to tell
        after = again(tmp_path, before)
        after.detector_began(21)
        after.moving = {30, 31}
        after.live(*range(21, 50))
        after.repair(*range(1, 21))
        assert {number for numbers in after.stored().values() for number in numbers} >= set(range(1, 31))

    def test_goes_on_with_the_event_until_it_can_tell_whether_something_moves(self, tmp_path: Path) -> None:
        before = Yard(tmp_path).begin()
        before.moving = set(range(20, 90))
        before.live(*range(1, 31))
        [event] = before.stored()
        after = again(tmp_path, before)
        after.live(*range(31, 80))
        assert after.stored() == {event: list(range(31, 62))}

    def test_says_its_end_and_hands_all_of_it_over_although_another_life_published_the_beginning(
        self, tmp_path: Path
    ) -> None:
        before = Yard(tmp_path).begin()
        before.moving = set(range(20, 90))
        before.live(*range(1, 31))
        before.taken()
        after = again(tmp_path, before)
        after.live(*range(31, 80))
        after.taken()
        after.work()
        [handover] = handovers(after)
        assert [frame.sequence for frame in handover.frames] == list(range(10, 62))
        started = before.said(EventType.MOTION_START)
        said = after.said(EventType.MOTION_START, EventType.MOTION_END)
        assert [(m.event_type, m.event) for m in said] == [(EventType.MOTION_END, started[0].event)]

    def test_puts_what_comes_once_more_into_the_same_event(self, tmp_path: Path) -> None:
        """It was published and not yet acknowledged; under another event it would be there twice."""
        before = Yard(tmp_path).begin()
        before.moving = set(range(20, 90))
        before.live(*range(1, 31))
        [event] = before.stored()
        after = again(tmp_path, before)
        after.live(*range(25, 80))
        assert after.stored() == {event: list(range(25, 56))}

    def test_begins_nothing_with_frames_from_before_the_event_that_a_broker_gives_once_more(
        self, tmp_path: Path
    ) -> None:
        before = Yard(tmp_path).begin()
        before.moving = set(range(20, 90))
        before.live(*range(1, 31))
        [event] = before.stored()
        after = again(tmp_path, before)
        after.moving = {4}
        after.live(*range(3, 80))
        assert after.stored() == {event: list(range(10, 41))}

    def test_goes_on_too_where_a_broker_first_gives_frames_of_a_capture_that_is_over(
        self, tmp_path: Path
    ) -> None:
        """It was killed, and is back at a state from before capture began anew."""
        before = Yard(tmp_path).begin()
        before.live(*range(1, 10), session=SESSION - 1)
        before.moving = set(range(20, 90))
        before.live(*range(1, 31))
        [event] = before.stored()
        after = again(tmp_path, before)
        after.moving = {8}
        after.live(*range(7, 10), session=SESSION - 1)
        after.live(*range(31, 80))
        assert after.stored() == {event: list(range(31, 62))}

    def test_closes_the_event_where_capture_has_begun_anew(self, tmp_path: Path) -> None:
        before = Yard(tmp_path).begin()
        before.moving = set(range(20, 90))
        before.live(*range(1, 31))
        before.taken()
        after = again(tmp_path, before)
        after.live(1, session=SESSION + 1)
        assert [[frame.sequence for frame in handover.frames] for handover in handovers(after)] == [[10]]

    def test_asks_for_no_frame_that_its_life_before_has_published(self, tmp_path: Path) -> None:
        before = Yard(tmp_path).begin()
        before.moving = set(range(20, 90))
        before.live(*range(1, 31))
        before.taken()
        after = again(tmp_path, before)
        after.moving = {35}
        after.live(*range(31, 50))
        assert [topic for topic, _ in after.taken() if topic.endswith("resend")] == []

    def test_goes_on_too_after_one_that_was_stopped_in_the_midst_of_an_event(self, tmp_path: Path) -> None:
        before = Yard(tmp_path).begin()
        before.moving = set(range(20, 90))
        before.live(*range(1, 31))
        stop = threading.Event()
        stop.set()
        before.watch.run(stop)
        after = again(tmp_path, before)
        after.live(*range(31, 80))
        [numbers] = after.stored().values()
        assert numbers == list(range(31, 62))

    def test_takes_into_its_first_event_what_it_may_have_overlooked(self, yard: Yard) -> None:
        """The detector is a second old and more before it tells; what moves may have moved all the time."""
        yard.watch._lookout._sight._gaze._began_s = (yard.start + timedelta(seconds=3.0)).timestamp()
        yard.moving = {45}
        yard.live(*range(30, 46))
        asked = [Resend.model_validate_json(p) for topic, p in yard.taken() if topic.endswith("resend")]
        assert [request.ranges for request in asked] == [[(20, 29)]]

    def test_takes_none_of_an_event_that_was_answered_before_the_restart(self, tmp_path: Path) -> None:
        before = Yard(tmp_path).begin()
        before.moving = {20}
        before.live(*range(1, 31))
        event = next(iter(before.stored()))
        before.work()
        before.taken()
        before.watch.custody.answered(event)
        after = again(tmp_path, before)
        after.moving = {32}
        after.live(*range(24, 40))  # 24 and 25 are redelivered
        asked = [Resend.model_validate_json(p) for topic, p in after.taken() if topic.endswith("resend")]
        assert [request.ranges for request in asked] in ([], [[(26, 27)]])

    def test_asks_capture_for_the_pre_roll_that_it_does_not_have(self, tmp_path: Path) -> None:
        yard = Yard(tmp_path).begin()
        yard.moving = {103}
        yard.live(*range(100, 120))
        asked = [Resend.model_validate_json(p) for topic, p in yard.taken() if topic.endswith("resend")]
        assert [request.ranges for request in asked] == [[(93, 99)]]

    def test_closes_what_was_open_even_if_no_frame_ever_comes(self, tmp_path: Path) -> None:
        before = Yard(tmp_path).begin()
        before.moving = set(range(20, 90))
        before.live(*range(1, 31))
        after = again(tmp_path, before)
        after.silence(29)
        assert handovers(after) == []
        after.silence(2)
        assert len(handovers(after)) == 1


def again(path: Path, before: Yard) -> Yard:
    """A new life with the same state and the same frames, after the old one was killed."""
    after = Yard(path).begin()
    after.start = before.start
    return after


def handovers(yard: Yard) -> list[Handover]:
    return [Handover.model_validate_json(payload) for topic, payload in yard.taken() if "/handover/" in topic]


class TestWhoWaitsForOn:
    def test_hears_it_before_the_pre_roll_is_sent(self, yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
        sent_before: list[int] = []

        def hold(topic: str, payload: bytes) -> None:
            if payload == b"ON":
                sent_before.append(len(yard.link.outbox))

        yard.live(*range(1, 10))
        yard.taken()
        monkeypatch.setattr(yard.link, "hold", hold)
        yard.moving = {10}
        yard.live(10)
        assert sent_before[0] == 0
        assert len(yard.stored()) == 1


class TestWhetherFramesAreWanted:
    WANT = TOPICS.want("yard", "motion-1")

    def wanted(self, yard: Yard) -> str:
        yard.work()
        yard.watch._lookout.step(time.monotonic())
        return yard.control.held[self.WANT].decode()

    def test_is_said_while_motion_is_detected(self, yard: Yard) -> None:
        assert self.wanted(yard) == "ON"
        yard.watch.configure(SETTINGS, detecting=False)
        assert self.wanted(yard) == "OFF"

    def test_is_said_for_an_event_on_a_trigger_too(self, yard: Yard) -> None:
        yard.watch.configure(SETTINGS, detecting=False)
        yard.watch.trigger("bell", 30)
        assert self.wanted(yard) == "ON"
        yard.live(1)
        assert self.wanted(yard) == "ON"
        yard.silence(10)
        yard.silence(60)
        assert self.wanted(yard) == "OFF"


class TestItsThread:
    @pytest.mark.parametrize("looks", [True, False])
    def test_is_woken_up_for_a_frame_that_is_to_be_looked_at_and_for_no_other(
        self, yard: Yard, monkeypatch: pytest.MonkeyPatch, *, looks: bool
    ) -> None:
        monkeypatch.setattr(yard.watch._lookout, "is_awaited", lambda _frame, _now_s: looks)
        rung: list[bool] = []
        monkeypatch.setattr(yard.watch._inbox, "ring", lambda: rung.append(True))
        yard.watch._live_frame(yard.post.deliver(LIVE, yard.frame(1)))
        assert bool(rung) is looks

    def test_is_woken_up_for_each_frame_of_an_event(
        self, yard: Yard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        yard.moving = {1}
        yard.live(1)
        monkeypatch.setattr(yard.watch._lookout._sight, "would_look", lambda _frame, alert: False)
        rung: list[bool] = []
        monkeypatch.setattr(yard.watch._inbox, "ring", lambda: rung.append(True))
        yard.watch._live_frame(yard.post.deliver(LIVE, yard.frame(2)))
        assert rung

    def test_looks_often_what_is_due_only_while_something_may_be(self, yard: Yard) -> None:
        yard.moving = set(range(5, 9))
        yard.live(1, 2, 3)
        assert not yard.watch._lookout.busy
        yard.live(4, 5)
        assert yard.watch._lookout.busy

    def test_hears_at_once_that_it_is_to_stop(self, yard: Yard) -> None:
        stop = Stop()
        threading.Timer(0.05, stop.set).start()
        began_s = time.monotonic()
        yard.watch.run(stop)
        assert time.monotonic() - began_s < 0.5
