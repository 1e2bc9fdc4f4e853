"""What is deleted from an archive, and what never is; on a real folder."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.archiver.retention import sweeper as sweeping
from services.archiver.retention.experiments import with_an_end
from services.archiver.retention.lease import LASTS, LEASE, ClockDoubtful, Lease
from services.archiver.retention.rules import Disk, Rules
from services.archiver.retention.sizes import INDEX, Sizes
from services.archiver.retention.sweeper import Sweeper
from services.contract.archive_keys import KeyLayout
from services.contract.experiments import Experiment, ExperimentSummary, Spread, layout_of, summary_key
from services.contract.frame import FrameId
from services.store import open_store
from services.store.folder import FolderStore

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LAYOUT = KeyLayout()
DAY = timedelta(days=1)


class Listed(FolderStore):
    """A folder that notes which prefixes were listed object by object."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.listed: list[str] = []

    def list(self, prefix: str = "", **named: object):  # type: ignore[no-untyped-def]
        self.listed.append(prefix)
        return super().list(prefix, **named)  # type: ignore[arg-type]  # passed through as given


@pytest.fixture
def store(tmp_path: Path) -> Listed:
    store = Listed(tmp_path / "archive")
    store.prepare()
    return store


def event_id(age: timedelta, suffix: str = "0a1b") -> str:
    return f"{NOW - age:%Y%m%dT%H%M%SZ}-{suffix}"


def put(
    store: FolderStore,
    age: timedelta,
    *,
    camera: str = "yard",
    size: int = 100,
    closed: bool = True,
    layout: KeyLayout = LAYOUT,
) -> str:
    """An event of two frames of `size` bytes; its id."""
    event = event_id(age)
    for sequence in (1, 2):
        frame = FrameId(camera, 7, sequence, NOW - age + timedelta(seconds=sequence))
        store.put(layout.frame_key(frame, event), bytes(size))
    if closed:
        store.put(layout.manifest_key(camera, event), b"{}")
    return event


def sweeper(
    store: FolderStore,
    *,
    is_open: Callable[[str, str], bool] = lambda _camera, _event: False,
    disk: Disk | None = None,
    **rules: object,
) -> Sweeper:
    return Sweeper(
        store,
        LAYOUT,
        Rules(**rules),  # type: ignore[arg-type]  # its fields
        Sizes(store, LAYOUT),
        cameras=lambda: ["door", "yard"],
        is_open=is_open,
        disk=lambda: disk,
        of_own=lambda: list(with_an_end(store, [])),
    )


def events(store: FolderStore) -> list[str]:
    return sorted({each.key.split("/")[-2] for each in store.list() if each.key.endswith(".jpg")})


class TestByAge:
    def test_what_is_too_old_goes_and_the_rest_stays(self, store: Listed) -> None:
        put(store, 31 * DAY)
        put(store, 40 * DAY, camera="door")
        young = put(store, 29 * DAY)
        sweeper(store, max_age=30 * DAY).sweep(NOW)
        assert events(store) == [young]
        assert not list(store.list("door/"))

    def test_nothing_goes_where_there_is_no_bound(self, store: Listed) -> None:
        put(store, 4000 * DAY)
        sweeper(store).sweep(NOW)
        assert len(events(store)) == 1

    def test_an_event_that_is_in_our_hands_stays(self, store: Listed) -> None:
        event = put(store, 31 * DAY)
        sweeper(
            store, max_age=30 * DAY, is_open=lambda camera, which: (camera, which) == ("yard", event)
        ).sweep(NOW)
        assert events(store) == [event]

    def test_an_event_without_a_manifest_stays_for_a_week_and_then_counts_as_left_behind(
        self, store: Listed
    ) -> None:
        put(store, 9 * DAY, closed=False)
        recent = put(store, 6 * DAY, closed=False)
        sweeper(store, max_age=5 * DAY).sweep(NOW)
        assert events(store) == [recent]

    def test_a_kept_event_stays_for_good(self, store: Listed) -> None:
        kept, other = put(store, 90 * DAY), put(store, 91 * DAY)
        store.put(f"{LAYOUT.event_folder('yard', kept)}keep.json", b"{}")
        sweeper(store, max_age=30 * DAY).sweep(NOW)
        sweeper(store, max_age=30 * DAY, max_bytes=0).sweep(NOW)
        assert events(store) == [kept]
        assert other != kept


class TestBySize:
    def test_the_oldest_go_until_it_fits(self, store: Listed) -> None:
        put(store, 5 * DAY)
        put(store, 4 * DAY, camera="door")
        left = [put(store, 3 * DAY), put(store, 2 * DAY)]
        sweeper(store, max_bytes=500).sweep(NOW)
        assert events(store) == sorted(left)

    def test_a_kept_one_counts_and_stays(self, store: Listed) -> None:
        kept = put(store, 5 * DAY)
        store.put(f"{LAYOUT.event_folder('yard', kept)}keep.json", b"{}")
        put(store, 4 * DAY)
        put(store, 3 * DAY)
        left = put(store, 2 * DAY)
        sweeper(store, max_bytes=500).sweep(NOW)
        assert events(store) == sorted([kept, left])

    def test_a_full_disk_costs_the_oldest_but_never_the_last_day(self, store: Listed) -> None:
        put(store, 5 * DAY)
        young = put(store, DAY / 2)
        full = Disk(total=1_000_000, used=900_000)
        sweeper(store, max_disk=0.8, disk=full).sweep(NOW)
        assert events(store) == [young]

    def test_no_more_goes_than_the_disk_needs(self, store: Listed) -> None:
        put(store, 5 * DAY, size=6_000)
        left = put(store, 4 * DAY)
        sweeper(store, max_disk=0.8, disk=Disk(total=100_000, used=90_000)).sweep(NOW)
        assert events(store) == [left]


class TestExperiments:
    def test_are_never_touched(self, store: Listed) -> None:
        put(store, 90 * DAY, layout=layout_of("experiments/leaves"))
        self.summarize(store, keep_days=None)
        sweeper(store, max_age=DAY, max_bytes=0, max_disk=0.0, disk=Disk(100, 100)).sweep(NOW)
        assert len(events(store)) == 1

    def test_go_when_they_say_so(self, store: Listed) -> None:
        layout = layout_of("experiments/leaves")
        put(store, 90 * DAY, layout=layout)
        left = put(store, 50 * DAY, layout=layout)
        self.summarize(store, keep_days=60)
        sweeper(store, max_age=DAY).sweep(NOW)
        assert events(store) == [left]

    def summarize(self, store: FolderStore, keep_days: float | None) -> None:
        summary = ExperimentSummary(
            camera="yard",
            experiment=Experiment(name="leaves", interval_s=10, keep_days=keep_days),
            started=NOW - 90 * DAY,
            pictures=4,
            missed=0,
            bytes=400,
            intervals=Spread(count=0),
            off=Spread(count=0),
        )
        store.put(summary_key(summary), summary.model_dump_json().encode())


class TestThePass:
    def test_lists_no_events_objects_that_it_knows(self, store: Listed) -> None:
        put(store, 3 * DAY)
        put(store, 2 * DAY)
        swept = sweeper(store, max_age=30 * DAY, max_bytes=10_000)
        swept.sweep(NOW)
        store.listed.clear()
        new = put(store, DAY)
        swept.sweep(NOW)
        assert [prefix for prefix in store.listed if prefix] == [LAYOUT.event_folder("yard", new)]

    def test_of_the_next_life_knows_what_the_one_before_knew(self, store: Listed) -> None:
        put(store, 3 * DAY)
        sweeper(store, max_bytes=10_000).sweep(NOW)
        store.listed.clear()
        sweeper(store, max_bytes=10_000).sweep(NOW)
        assert store.listed == []

    def test_writes_nothing_where_nothing_has_changed(
        self, store: Listed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(store, 3 * DAY)
        swept = sweeper(store)
        swept.sweep(NOW)
        monkeypatch.setattr(store, "put", lambda *_: pytest.fail("something was written"))
        swept.sweep(NOW)

    def test_survives_a_damaged_memory(self, store: Listed) -> None:
        event = put(store, 3 * DAY)
        store.put(INDEX, b"{")
        sweeper(store).sweep(NOW)
        assert json.loads(store.get(INDEX))["events"]["yard"][event] == 202

    def test_that_was_cut_off_in_the_middle_of_an_event_is_taken_up_by_the_next(
        self, store: Listed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(store, 31 * DAY)
        delete, deleted = store.delete, []

        def cut_off(key: str) -> None:
            deleted.append(key)
            if len(deleted) == 2:
                raise OSError("the process is killed")
            delete(key)

        with monkeypatch.context() as cut:
            cut.setattr(store, "delete", cut_off)
            with pytest.raises(OSError, match="killed"):
                sweeper(store, max_age=30 * DAY).sweep(NOW)
        sweeper(store, max_age=30 * DAY).sweep(NOW)
        assert [each.key for each in store.list("yard/")] == []


class TestSeveralArchivers:
    def test_one_at_a_time_deletes(self, store: Listed) -> None:
        now = datetime.now(UTC)
        one, other = Lease(store, lambda _s: None), Lease(store, lambda _s: None)
        assert one.take(now)
        assert not other.take(now)
        assert one.take(now + timedelta(minutes=10))

    def test_another_takes_over_from_one_that_is_gone(self, store: Listed) -> None:
        now = datetime.now(UTC)
        Lease(store, lambda _s: None).take(now)
        assert Lease(store, lambda _s: None).take(now + LASTS + timedelta(minutes=1))

    def test_who_takes_it_at_the_same_moment_sees_the_other(self, store: Listed) -> None:
        now = datetime.now(UTC)
        other = Lease(store, lambda _s: None)

        def meanwhile(_seconds: float) -> None:
            store.delete(LEASE)
            other.take(now)

        assert not Lease(store, meanwhile).take(now)

    def test_a_lease_from_a_clock_that_was_wrong_is_not_waited_for(self, store: Listed) -> None:
        now = datetime.now(UTC)
        with pytest.raises(ClockDoubtful):
            Lease(store, lambda _s: None).take(now + 4000 * DAY)
        assert Lease(store, lambda _s: None).take(now)

    def test_nothing_is_deleted_by_a_clock_that_the_archives_contradicts(self, store: Listed) -> None:
        with pytest.raises(ClockDoubtful, match="nothing is deleted until the wrong one is set"):
            Lease(store, lambda _s: None).take(datetime.now(UTC) + timedelta(hours=5))


def test_the_bounds_by_default_are_thirty_days_and_four_fifths_of_a_folders_disk(tmp_path: Path) -> None:
    from services.archiver.retention.opening import open_sweeper
    from services.archiver.tally import Tally
    from services.contract.settings import Settings

    settings = Settings.model_validate({"archive": {"url": tmp_path.as_uri()}, "cameras": {}})
    store = open_store(tmp_path.as_uri())
    sizes = Sizes(store, LAYOUT)
    found = open_sweeper(settings, store, LAYOUT, Tally([]), sizes=sizes, is_open=lambda *_: False)
    assert found
    assert found._rules == Rules(max_age=30 * DAY, max_bytes=None, max_disk=0.8)
    assert sweeping.EVERY_S == 600
