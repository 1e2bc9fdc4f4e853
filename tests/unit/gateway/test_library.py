import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from services.contract.archive_keys import KeyLayout
from services.contract.settings import ArchiveSettings
from services.gateway.archive.kept import Keeping
from services.gateway.archive.library import ArchiveAway, Library, Page, open_library
from services.gateway.archive.recent import Recent
from services.runtime.errors import UserError
from services.store import Store
from services.store.events import LAST, EventRef
from tests.unit.archives import DAY, folder, keep_event


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return folder(tmp_path / "archive")


@pytest.fixture
def library(store: Store) -> Iterator[Library]:
    library = Library(store, KeyLayout())
    yield library
    library.close()


@contextmanager
def reads_of(store: Store) -> Iterator[list[str]]:
    """The keys that are read meanwhile."""
    read: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        get = store.get

        def reading(key: str) -> bytes:
            read.append(key)
            return get(key)

        patch.setattr(store, "get", reading)
        yield read


def page(library: Library, before: str | None = None, limit: int = 24) -> Page:
    return asyncio.run(library.page(["door", "yard"], limit=limit, before=before or LAST))


def test_a_page_says_what_is_worth_knowing_of_each_event(library: Library, store: Store) -> None:
    event = keep_event(store, DAY, frames=10, missing=3)
    (entry,) = page(library).entries
    assert (entry.event, entry.camera, entry.complete, entry.reason) == (event, "door", True, "motion")
    assert (entry.frames, entry.missing, entry.duration_s) == (10, 3, 5.0)


def test_pages_go_on_where_the_last_one_ended(library: Library, store: Store) -> None:
    events = [keep_event(store, DAY + timedelta(hours=n), frames=1) for n in range(7)]
    seen, before = [], None
    while True:
        found = page(library, before, limit=3)
        seen += [entry.event for entry in found.entries]
        before = found.older
        if before is None:
            break
    assert seen == events[::-1]


def test_no_more_is_read_than_a_page_shows(library: Library, store: Store) -> None:
    for n in range(20):
        keep_event(store, DAY + timedelta(hours=n), frames=1)
    with reads_of(store) as read:
        assert len(page(library, limit=3).entries) == 3
    assert len(read) == 3


def test_what_is_wanted_is_found_among_many_and_goes_on_behind_the_last(
    library: Library, store: Store
) -> None:
    events = [keep_event(store, DAY + timedelta(minutes=n), frames=1) for n in range(30)][::-1]

    def some(before: str) -> Page:
        some = library.page(
            ["door"], limit=2, before=before, wanted=lambda entry: entry.event in events[9::10]
        )
        return asyncio.run(some)

    first = some(LAST)
    assert ([entry.event for entry in first.entries], first.older) == ([events[9], events[19]], events[19])
    rest = some(events[19])
    assert ([entry.event for entry in rest.entries], rest.older) == ([events[29]], None)


def test_a_marker_that_comes_or_goes_is_seen_at_once_for_one_event_and_soon_in_a_list(store: Store) -> None:
    event, now = keep_event(store, DAY), 0.0
    keeping, ref = Keeping(store, KeyLayout(), lambda: now), EventRef(event, "door")
    assert not keeping.keeps(ref)
    store.put(KeyLayout().kept_key("door", event), b"{}")
    assert not keeping.keeps(ref)
    now = 31.0
    assert keeping.keeps(ref)
    store.delete(KeyLayout().kept_key("door", event))
    assert not keeping.keeps(ref, remembered=False)
    assert not keeping.keeps(ref)


def test_an_event_without_its_manifest_is_still_being_stored(library: Library, store: Store) -> None:
    event = keep_event(store, DAY, manifest=False)
    (entry,) = page(library).entries
    assert (entry.event, entry.complete, entry.started) == (event, False, DAY)
    keep_event(store, DAY)
    (entry,) = page(library).entries
    assert entry.complete


def test_a_manifest_that_is_none_counts_as_missing(library: Library, store: Store) -> None:
    event = keep_event(store, DAY)
    store.put(KeyLayout().manifest_key("door", event), b"{}", "application/json")
    assert asyncio.run(library.manifest("door", event)) is None


def test_what_was_read_once_is_remembered(library: Library, store: Store, tmp_path: Path) -> None:
    event = keep_event(store, DAY)
    assert asyncio.run(library.manifest("door", event)) is not None
    shutil.rmtree(tmp_path / "archive")
    assert asyncio.run(library.manifest("door", event)) is not None


def test_the_picture_of_an_event_is_from_the_middle_of_its_motion(library: Library, store: Store) -> None:
    keep_event(store, DAY, frames=9)  # 2 s before, 4 s of motion, 2 s after
    (entry,) = page(library).entries
    assert entry.thumbnail == 4


def test_frames_are_read_and_those_that_are_gone_are_none(library: Library, store: Store) -> None:
    event = keep_event(store, DAY)
    manifest = asyncio.run(library.manifest("door", event))
    assert manifest is not None
    first, second = manifest.frames[:2]
    store.delete(second.key)
    assert asyncio.run(library.picture(first)) == store.get(first.key)
    assert asyncio.run(library.picture(second)) is None


def test_a_store_that_is_away_is_said_and_heals(library: Library, store: Store, tmp_path: Path) -> None:
    shutil.move(tmp_path / "archive", tmp_path / "elsewhere")
    with pytest.raises(ArchiveAway, match=r"is away$"):
        page(library)
    assert library.problem == f"the archive's folder {tmp_path / 'archive'} is away"
    shutil.move(tmp_path / "elsewhere", tmp_path / "archive")
    assert page(library).entries == []
    assert library.problem == ""


def test_an_archive_that_cannot_be_right_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match=r"needs archive\.access_key and archive\.secret_key$"):
        open_library(ArchiveSettings(url="s3://bucket"))


def test_what_was_not_used_for_long_is_forgotten_first() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    recent.get("a")
    recent.put("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]
