from datetime import timedelta
from pathlib import Path

import pytest

from services.contract.archive_keys import KeyLayout
from services.store.events import newest_first, one_by_one
from tests.unit.archives import DAY, folder, keep_event

HOUR = timedelta(hours=1)


class Listed:
    """Notes which folders were listed."""

    def __init__(self, tmp_path: Path) -> None:
        self._store = folder(tmp_path)
        self.listed: list[str] = []

    def __getattr__(self, name: str) -> object:
        if name == "list_folders":
            return self._list_folders
        return getattr(self._store, name)

    def _list_folders(self, prefix: str = "") -> object:
        self.listed.append(prefix)
        return self._store.list_folders(prefix)


def test_events_come_newest_first_across_cameras_days_and_years(tmp_path: Path) -> None:
    store = folder(tmp_path)
    times = [DAY, DAY + HOUR, DAY - timedelta(days=1), DAY - timedelta(days=400)]
    kept = [keep_event(store, time, camera) for time in times for camera in ("door", "yard")]
    found = [ref.event for ref in newest_first(store, KeyLayout(), ["door", "yard"])]
    assert found == sorted(kept, reverse=True)


def test_only_those_within_the_bounds_are_found(tmp_path: Path) -> None:
    store = folder(tmp_path)
    events = [keep_event(store, DAY + n * HOUR, frames=1) for n in range(30)]
    found = newest_first(store, KeyLayout(), ["door"], since=events[5], before=events[20])
    assert [ref.event for ref in found] == events[5:20][::-1]


def test_no_more_folders_are_listed_than_needed(tmp_path: Path) -> None:
    store = Listed(tmp_path)
    for day in range(30):
        keep_event(store, DAY + timedelta(days=day), frames=1)  # type: ignore[arg-type]  # a store, with notes
    walk = newest_first(store, KeyLayout(), ["door"])  # type: ignore[arg-type]
    next(walk)
    assert store.listed == ["door/", "door/2026/", "door/2026/12/", "door/2026/12/19/"]


def test_a_day_is_found_without_a_look_at_other_days(tmp_path: Path) -> None:
    store = Listed(tmp_path)
    days = [keep_event(store, DAY + timedelta(days=n), frames=1) for n in range(5)]  # type: ignore[arg-type]
    walk = newest_first(store, KeyLayout(), ["door"], since=days[2], before=days[3])  # type: ignore[arg-type]
    assert [ref.event for ref in walk] == [days[2]]
    assert store.listed[3:] == ["door/2026/11/23/", "door/2026/11/22/"]


def test_one_camera_after_the_other_is_listed(tmp_path: Path) -> None:
    store = Listed(tmp_path)
    for camera in ("yard", "door"):
        keep_event(store, DAY, camera, frames=1)  # type: ignore[arg-type]
    walk = one_by_one(store, KeyLayout(), ["door", "yard"])  # type: ignore[arg-type]
    assert next(walk).camera == "door"
    assert not any(folder.startswith("yard/") for folder in store.listed)
    assert [ref.camera for ref in walk] == ["yard"]


def test_what_is_no_event_is_passed_over(tmp_path: Path) -> None:
    store = folder(tmp_path)
    event = keep_event(store, DAY)
    for key in (
        "door/notes.txt",
        "door/2026/11/20/readme/x.jpg",
        "door/2026/13/45/20261345T000000Z-00ab/x.jpg",
    ):
        store.put(key, b"x")
    assert [ref.event for ref in newest_first(store, KeyLayout(), ["door"])] == [event]


@pytest.mark.parametrize(
    "template",
    [
        "{camera}/{event}/{time:%Y%m%dT%H%M%S.%f}-{sequence}.jpg",
        "{event}/{camera}/{time:%Y%m%dT%H%M%S.%f}-{sequence}.jpg",
        "all/{time:%Y-%m-%d}/{camera}-{event}/{time:%Y%m%dT%H%M%S.%f}-{sequence}.jpg",
    ],
)
def test_events_are_found_under_any_template_that_sorts_by_time(tmp_path: Path, template: str) -> None:
    store, layout = folder(tmp_path), KeyLayout(template)
    days = [DAY, DAY + timedelta(days=1), DAY + HOUR]
    kept = [keep_event(store, time, camera, layout=layout) for time in days for camera in ("door", "yard")]
    found = [(ref.event, ref.camera) for ref in newest_first(store, layout, ["door", "yard"])]
    assert [event for event, _ in found] == sorted(kept, reverse=True)
    assert {camera for _, camera in found} == {"door", "yard"}
