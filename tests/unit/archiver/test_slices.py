"""Slices of experiments: under their own prefix, with a summary, whatever came when."""

import json
from datetime import timedelta

import pytest

from services.archiver.closing import GRACE_S, Closing, Look
from services.archiver.ledger import EventAccount
from services.contract.archive import StoredFrame
from services.contract.events import EventType
from services.contract.experiments import (
    Experiment,
    ExperimentSummary,
    OpenSlice,
    OpenSlices,
    Slice,
    Spread,
    layout_of,
    summary_key,
)
from services.contract.handover import FrameRef, Handover, Resend, Resent, SliceHandover
from services.store import StoreRejected
from tests.unit.archiver.events import EVENT, LATER, LAYOUT, SESSION_HEX, START, frame, frame_id, stored
from tests.unit.archiver.lives import HANDOVER, RESENT, SLICES, Archiver
from tests.unit.archiver.stores import MemoryStore
from tests.unit.archiver.test_closing import asks, closed, gone, play

PREFIX = "experiments/leaves"
HOME = layout_of(PREFIX)
HOSTILE = [
    "..", "../..", "a/../../b", "a/..", "./a", "/etc", "a/", "a//b", "//", " ", "a b", "a\nb", "a\\b", "ä",
    "{camera}", "a/{event}", "{time:%Y}", "{sequence}", "{nothing}", "a%2f..", "a\x00", "x" * 201,
]  # fmt: skip


def home(sequence: int) -> str:
    return HOME.frame_key(frame_id(sequence), EVENT)


def away(sequence: int) -> str:
    return LAYOUT.frame_key(frame_id(sequence), EVENT)


def summary(
    pictures: int = 3, missed: int = 0, *, ended: bool = False, started_s: float = 0
) -> ExperimentSummary:
    return ExperimentSummary(
        camera="yard",
        experiment=Experiment(name="leaves", interval_s=1),
        started=START + timedelta(seconds=started_s),
        ended=START + timedelta(hours=1) if ended else None,
        pictures=pictures,
        missed=missed,
        bytes=100 * pictures,
        intervals=Spread(count=0),
        off=Spread(count=pictures),
    )


def slice_of(
    *sequences: int,
    event: str = EVENT,
    prefix: str = PREFIX,
    off_s: list[float] | None = None,
    missed: int = 0,
    summary: ExperimentSummary | None = None,
) -> SliceHandover:
    return SliceHandover(
        camera="yard",
        event=event,
        reason="interval",
        started=START,
        ended=START + timedelta(seconds=5),
        frames=[FrameRef(session=SESSION_HEX, sequence=sequence) for sequence in sequences],
        slice=Slice(
            experiment="leaves",
            prefix=prefix,
            interval_s=1,
            missed=missed,
            off_s=[0.001 * n for n in sequences] if off_s is None else off_s,
        ),
        summary=summary,
    )


def announce(archiver: Archiver, *events: str, prefix: str = PREFIX) -> None:
    slices = [OpenSlice(event=event, experiment="leaves", prefix=prefix) for event in events]
    payload = OpenSlices(slices=slices).payload()
    archiver.places.take_slices(archiver.post.deliver(SLICES, payload, retain=True))


def finish(archiver: Archiver, handover: Handover) -> None:
    archiver.hand_over(handover)
    archiver.step(1)  # looks
    archiver.step(1)


def pictures(store: MemoryStore) -> dict[str, bytes]:
    return {key: data for key, data in store.objects.items() if key.endswith(".jpg")}


@pytest.fixture
def archiver() -> Archiver:
    return Archiver(MemoryStore())


class TestAPicture:
    def test_goes_at_once_where_its_slice_was_announced(self, archiver: Archiver) -> None:
        announce(archiver, EVENT)
        archiver.deliver(1)
        assert archiver.store.objects == {home(1): frame(1)}
        assert len(archiver.post.acknowledged) == 1

    def test_of_another_event_or_camera_goes_where_events_go(self, archiver: Archiver) -> None:
        announce(archiver, LATER)
        archiver.deliver(1)
        assert archiver.places.of("door", LATER) == LAYOUT
        assert archiver.store.objects == {away(1): frame(1)}

    def test_goes_to_its_prefix_also_after_its_slice_is_archived(self, archiver: Archiver) -> None:
        """A repair that comes twice, say: it must not turn up among the events."""
        announce(archiver, EVENT)
        archiver.deliver(1)
        finish(archiver, slice_of(1))
        announce(archiver)
        archiver.deliver(1)
        assert pictures(archiver.store) == {home(1): frame(1)}

    def test_that_came_before_anybody_said_where_it_goes_is_moved_home(self, archiver: Archiver) -> None:
        archiver.deliver(1)
        announce(archiver, EVENT)
        archiver.deliver(2)
        finish(archiver, slice_of(1, 2))
        assert pictures(archiver.store) == {home(1): frame(1), home(2): frame(2)}
        assert [each.key for each in archiver.manifest(HOME).frames] == [home(1), home(2)]
        assert archiver.store.metadata[home(1)]["sequence"] == "1"

    def test_is_at_home_and_read_there_before_it_is_deleted_elsewhere(self, archiver: Archiver) -> None:
        archiver.deliver(1)
        finish(archiver, slice_of(1))
        moving = archiver.store.done[archiver.store.done.index(("put", home(1))) :]
        assert moving == [
            ("put", home(1)),
            ("get", home(1)),
            ("delete", away(1)),
            ("put", HOME.manifest_key("yard", EVENT)),
        ]

    def test_that_an_earlier_archiver_put_elsewhere_is_moved_home(self, archiver: Archiver) -> None:
        archiver.deliver(1, 2)
        successor = Archiver(archiver.store)
        announce(successor, EVENT)
        successor.deliver(2, 3)  # the second was not acknowledged, and comes again
        finish(successor, slice_of(1, 2, 3))
        assert pictures(successor.store) == {home(n): frame(n) for n in (1, 2, 3)}
        assert [each.key for each in successor.manifest(HOME).frames] == [home(1), home(2), home(3)]
        assert successor.asked() == []

    def test_stays_where_it_is_when_its_new_place_does_not_hold_it(
        self, archiver: Archiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        archiver.deliver(1)
        get = archiver.store.get
        monkeypatch.setattr(archiver.store, "get", lambda key: b"else" if key == home(1) else get(key))
        finish(archiver, slice_of(1))
        assert archiver.store.objects[away(1)] == frame(1)
        assert [each.key for each in archiver.manifest(HOME).frames] == [away(1)]

    def test_beside_which_something_else_lies_moves_alone(self, archiver: Archiver) -> None:
        archiver.deliver(1)
        others = {f"{LAYOUT.event_folder('yard', EVENT)}notes.txt": b"mine", away(7): b"no JPEG"}
        archiver.store.objects |= others
        finish(archiver, slice_of(1))
        assert archiver.store.objects.items() >= others.items()
        assert away(1) not in archiver.store.objects

    def test_stays_where_prefix_and_layout_are_the_same_place(self) -> None:
        """`archive.key` may lead where the experiment's prefix leads."""
        archiver = Archiver(MemoryStore())
        archiver.places.default = HOME
        archiver.deliver(1)
        finish(archiver, slice_of(1))
        assert pictures(archiver.store) == {home(1): frame(1)}

    @pytest.mark.parametrize("broken_after", range(11))
    def test_is_never_lost_wherever_the_move_is_cut_off(self, broken_after: int) -> None:
        archiver = Archiver(MemoryStore())
        archiver.deliver(1, 2)
        archiver.store.breaks_after = len(archiver.store.done) + broken_after
        finish(archiver, slice_of(1, 2, summary=summary()))
        assert archiver.answers() == []
        assert {frame_of(data) for data in pictures(archiver.store).values()} == {1, 2}
        archiver.store.breaks_after = None
        successor = Archiver(archiver.store)
        finish(successor, slice_of(1, 2, summary=summary()))
        assert pictures(successor.store) == {home(1): frame(1), home(2): frame(2)}
        assert [each.key for each in successor.manifest(HOME).frames] == [home(1), home(2)]
        assert [each.event_type for each in successor.answers()] == [EventType.ARCHIVED]

    def test_that_was_taken_after_what_a_killed_capture_remembers_is_in_the_manifest(
        self, archiver: Archiver
    ) -> None:
        announce(archiver, EVENT)
        archiver.deliver(1, 2, 3)
        successor = Archiver(archiver.store)
        announce(successor, EVENT)
        successor.deliver(1, 2)  # so that it misses nothing of what capture tells of
        finish(successor, slice_of(1, 2, off_s=[]))
        assert [each.sequence for each in successor.manifest(HOME).frames] == [1, 2, 3]


def frame_of(jpeg: bytes) -> int:
    return next(n for n in range(1, 6) if frame(n) == jpeg)


class TestASlice:
    def test_is_archived_with_its_manifest_in_its_prefix(self, archiver: Archiver) -> None:
        announce(archiver, EVENT)
        archiver.deliver(1, 2)
        finish(archiver, slice_of(1, 2, missed=4))
        [answer] = archiver.answers()
        assert (answer.event_type, answer.count, answer.key) == (
            EventType.ARCHIVED,
            2,
            f"{PREFIX}/yard/{EVENT}/event.json",
        )
        manifest = archiver.manifest(HOME)
        assert manifest.slice
        assert (manifest.reason, manifest.slice.experiment, manifest.slice.missed) == (
            "interval",
            "leaves",
            4,
        )

    def test_without_a_prefix_is_kept_where_events_are(self, archiver: Archiver) -> None:
        archiver.deliver(1)
        finish(archiver, slice_of(1, prefix=""))
        assert [each.key for each in archiver.manifest().frames] == [away(1)]

    def test_without_pictures_tells_of_those_that_were_missed(self, archiver: Archiver) -> None:
        """A manifest all the same: nothing else says what was missed since the slice before."""
        finish(archiver, slice_of(missed=3, summary=summary(ended=True)))
        [answer] = archiver.answers()
        assert (answer.event_type, answer.count, answer.frames, answer.bytes) == (EventType.ARCHIVED, 0, 0, 0)
        manifest = archiver.manifest(HOME)
        assert manifest.slice
        assert (manifest.frames, manifest.slice.missed) == ([], 3)
        assert archiver.asked() == []

    def test_of_a_camera_that_is_not_archived_is_answered_so_and_leaves_nothing(
        self, archiver: Archiver
    ) -> None:
        archiver.archiving = False
        announce(archiver, EVENT)
        archiver.deliver(1)
        finish(archiver, slice_of(1, summary=summary()))
        assert [answer.event_type for answer in archiver.answers()] == [EventType.NOT_ARCHIVED]
        assert archiver.store.objects == {}

    def test_that_nobody_has_whole_fails_and_says_what_is_missing(self, archiver: Archiver) -> None:
        announce(archiver, EVENT)
        archiver.deliver(1, 3)
        archiver.hand_over(slice_of(1, 2, 3, summary=summary()))
        resent = {"session": SESSION_HEX, "gone": [[2, 2]], "for": EVENT, "by": "capture"}
        archiver.events.take_resent(archiver.post.deliver(RESENT, Resent.model_validate(resent).payload()))
        archiver.step(1)
        archiver.step(1)
        [answer] = archiver.answers()
        assert (answer.event_type, answer.count) == (EventType.ARCHIVE_FAILED, 2)
        manifest = archiver.manifest(HOME)
        assert manifest.slice
        assert [(gap.first, gap.last) for gap in manifest.missing] == [(2, 2)]
        assert manifest.slice.off_s == [0.001, 0.003]
        assert summary_key(summary()) in archiver.store.objects

    def test_that_the_store_never_takes_there_fails_and_keeps_what_it_has(self, archiver: Archiver) -> None:
        archiver.deliver(1)
        archiver.store.refuses[home(1)] = StoreRejected("the store takes no such key")
        finish(archiver, slice_of(1))
        [answer] = archiver.answers()
        assert (answer.event_type, answer.why) == (EventType.ARCHIVE_FAILED, "the store takes no such key")
        assert pictures(archiver.store) == {away(1): frame(1)}

    @pytest.mark.parametrize("prefix", HOSTILE, ids=ascii)
    def test_whose_prefix_leads_astray_is_ignored_and_said(
        self, archiver: Archiver, prefix: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        given = json.loads(slice_of(1).payload())
        given["slice"]["prefix"] = prefix
        archiver.events.take_handover(archiver.post.deliver(HANDOVER, json.dumps(given).encode()))
        archiver.step(100)
        assert caplog.messages == [f"a message on {HANDOVER} was not understood and is ignored"]
        assert archiver.store.objects == {}

    @pytest.mark.parametrize("prefix", HOSTILE, ids=ascii)
    def test_that_is_announced_astray_is_ignored_and_said(
        self, archiver: Archiver, prefix: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        announced = {"slices": [{"event": EVENT, "experiment": "leaves", "prefix": prefix}]}
        archiver.places.take_slices(archiver.post.deliver(SLICES, json.dumps(announced).encode()))
        archiver.deliver(1)
        assert caplog.messages == [f"a message on {SLICES} was not understood and is ignored"]
        assert archiver.store.objects == {away(1): frame(1)}

    @pytest.mark.parametrize("payload", [b"{", b"[]", b"\xff\xfe", b'{"slices": 1}'])
    def test_that_is_announced_unreadably_is_ignored_and_said(
        self, archiver: Archiver, payload: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        archiver.places.take_slices(archiver.post.deliver(SLICES, payload))
        assert caplog.messages == [f"a message on {SLICES} was not understood and is ignored"]


class TestClosingASlice:
    def test_asks_capture_alone_three_times_and_then_gives_up(self) -> None:
        known = EventAccount({(SESSION_HEX, 1): stored(1)}, {}, float("-inf"))
        done = play(Closing(slice_of(1, 2), 0), known)
        assert asks(done) == [(0.6, "capture"), (1.6, "capture"), (5.6, "capture")]
        assert done[-1][0] == pytest.approx(21.6)
        assert [gap.first for gap in closed(done).missing] == [2]

    def test_names_the_numbers_and_the_slice(self, archiver: Archiver) -> None:
        archiver.deliver(1)
        archiver.hand_over(slice_of(1, 2, 3))
        archiver.step(1)
        archiver.step(1)
        assert archiver.asked() == [
            Resend(session=SESSION_HEX, ranges=[(2, 3)], wanted_for=EVENT, ask="capture")
        ]

    def test_ends_at_once_where_capture_has_none_of_what_is_missing(self) -> None:
        closing = Closing(slice_of(1, 2), 0)
        closing.resent(gone((1, 2), by="motion"))
        closing.resent(gone((2, 2), by="capture"))
        assert play(closing, EventAccount({(SESSION_HEX, 1): stored(1)}))[-1][0] < GRACE_S

    def test_looks_into_the_store_although_nothing_is_missing(self) -> None:
        done = play(Closing(slice_of(1), 0), EventAccount({(SESSION_HEX, 1): stored(1)}))
        assert [when for when, todo in done if isinstance(todo, Look)] == [0]
        assert done[-1][0] == pytest.approx(0.1)

    def test_waits_for_the_last_pictures_of_a_capture_that_was_killed(self) -> None:
        closing = Closing(slice_of(1, off_s=[]), 0)
        known = EventAccount({(SESSION_HEX, 1): stored(1)}, {}, came_s=0.4)
        assert play(closing, known)[0][0] == pytest.approx(0.4 + GRACE_S)


class TestHowFarEachPictureWasOff:
    def of(self, handover: Handover, *there: int) -> list[float]:
        known: dict[tuple[str, int], StoredFrame] = {(SESSION_HEX, n): stored(n) for n in there}
        slice_ = closed(play(Closing(handover, 0), EventAccount(known))).slice
        assert slice_
        return slice_.off_s

    def test_stands_in_the_order_of_the_manifests_frames(self) -> None:
        assert self.of(slice_of(3, 1, 2), 1, 2, 3) == [0.001, 0.002, 0.003]

    def test_leaves_out_what_is_missing(self) -> None:
        assert self.of(slice_of(1, 2, 3), 1, 3) == [0.001, 0.003]

    def test_is_not_told_where_it_is_not_known_of_each(self) -> None:
        assert self.of(slice_of(1, 2, off_s=[]), 1, 2) == []
        assert self.of(slice_of(1, 2), 1, 2, 3) == []
        assert self.of(slice_of(1, 2, off_s=[0.1]), 1, 2) == []
        assert self.of(slice_of(1, 2, off_s=[0.1, 0.2, 0.3]), 1, 2) == []


class TestTheSummary:
    def kept(self, archiver: Archiver) -> ExperimentSummary:
        return ExperimentSummary.model_validate_json(archiver.store.objects[summary_key(summary())])

    def test_is_written_after_the_manifest_and_before_the_answer(self, archiver: Archiver) -> None:
        announce(archiver, EVENT)
        archiver.deliver(1)
        archiver.store.done.clear()
        finish(archiver, slice_of(1, summary=summary()))
        assert [key for what, key in archiver.store.done if what == "put"] == [
            HOME.manifest_key("yard", EVENT),
            f"{PREFIX}/yard/summary-20261120T083000Z.json",
        ]
        assert self.kept(archiver) == summary()

    def test_that_could_not_be_stored_yet_holds_the_answer_back(self, archiver: Archiver) -> None:
        announce(archiver, EVENT)
        archiver.deliver(1)
        archiver.store.breaks_after = len(archiver.store.done) + 1  # for the manifest
        finish(archiver, slice_of(1, summary=summary()))
        assert archiver.answers() == []
        archiver.store.breaks_after = None
        successor = Archiver(archiver.store)
        finish(successor, slice_of(1, summary=summary()))
        assert [each.event_type for each in successor.answers()] == [EventType.ARCHIVED]
        assert self.kept(successor) == summary()

    def test_that_the_store_never_takes_is_no_archived_slice(self, archiver: Archiver) -> None:
        archiver.store.refuses["Z.json"] = StoreRejected("the store takes no such key")
        finish(archiver, slice_of(summary=summary()))
        [answer] = archiver.answers()
        assert (answer.event_type, answer.why) == (EventType.ARCHIVE_FAILED, "the store takes no such key")

    @pytest.mark.parametrize(
        ("first", "second", "wins"),
        [
            (summary(3), summary(6), summary(6)),
            (summary(6), summary(3), summary(6)),
            (summary(6, ended=True), summary(6), summary(6, ended=True)),
            (summary(6), summary(6, ended=True), summary(6, ended=True)),
            (summary(3, missed=4), summary(6), summary(3, missed=4)),
            (summary(9), summary(1, started_s=0.5), summary(1, started_s=0.5)),
            (summary(1, started_s=0.5), summary(9), summary(1, started_s=0.5)),
        ],
        ids=["newer", "older", "older than its end", "its end", "with more missed", "next run", "run before"],
    )
    def test_is_never_overwritten_by_an_older_one(
        self, archiver: Archiver, first: ExperimentSummary, second: ExperimentSummary, wins: ExperimentSummary
    ) -> None:
        finish(archiver, slice_of(summary=first))
        finish(archiver, slice_of(event=LATER, summary=second))
        assert [each.event_type for each in archiver.answers()] == [EventType.ARCHIVED] * 2
        assert self.kept(archiver) == wins

    def test_replaces_what_is_none(self, archiver: Archiver) -> None:
        archiver.store.objects[summary_key(summary())] = b"{"
        finish(archiver, slice_of(summary=summary()))
        assert self.kept(archiver) == summary()

    def test_is_read_as_it_was_said(self, archiver: Archiver) -> None:
        finish(archiver, slice_of(summary=summary()))
        written = json.loads(archiver.store.objects[summary_key(summary())])
        assert written == json.loads(summary().payload())
