"""Finds events in the store by time, listing no more folders than it must."""

import heapq
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.contract.archive_keys import KeyLayout
from services.store.base import Store

#: Event ids sort by time; no real one comes before the first or after the last of these.
FIRST, LAST = "10000101T000000Z-0000", "99991231T235959Z-ffffffffffffffff"

_EVENT = re.compile(r"(?<![0-9])[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4,16}(?![0-9a-f])")
_CAMERA = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
MAX_DEPTH = 10


@dataclass(frozen=True, slots=True, order=True)
class EventRef:
    """An event in the store; they sort by time."""

    event: str
    camera: str


def newest_first(
    store: Store, layout: KeyLayout, cameras: Iterable[str], *, before: str = LAST, since: str = FIRST
) -> Iterator[EventRef]:
    """Events of these cameras with `since <= id < before`, the newest first.

    The folders of `layout` are expected to sort by time, as the default ones do.
    """
    walks = (_Walk(store, layout, camera, since, before).events() for camera in cameras)
    return heapq.merge(*walks, reverse=True)


def oldest_first(
    store: Store, layout: KeyLayout, cameras: Iterable[str], *, before: str = LAST, since: str = FIRST
) -> Iterator[EventRef]:
    """The same, the oldest first."""
    walks = (_Walk(store, layout, camera, since, before, newest=False).events() for camera in cameras)
    return heapq.merge(*walks)


def one_by_one(store: Store, layout: KeyLayout, cameras: Iterable[str]) -> Iterator[EventRef]:
    """The same, camera after camera: of one alone a day's folders are held, and not of all."""
    for camera in cameras:
        yield from oldest_first(store, layout, [camera])


def cameras_in(store: Store, layout: KeyLayout, configured: Iterable[str]) -> list[str]:
    """Those of the configuration, and those that left something here, where the layout tells."""
    head, _, tail = layout.template.partition("{camera}")
    found = set(configured)
    if "{" not in head and tail.startswith("/"):
        names = (folder.removeprefix(head).rstrip("/") for folder in store.list_folders(head))
        found |= {name for name in names if _CAMERA.fullmatch(name)}
    return sorted(found)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Down through one camera's folders, the latest first, or the earliest."""

    store: Store
    layout: KeyLayout
    camera: str
    since: str
    before: str
    newest: bool = True

    def events(self) -> Iterator[EventRef]:
        for event in self._below(self._root(), MAX_DEPTH):
            if self.since <= event < self.before:
                yield EventRef(event, self.camera)

    def _root(self) -> str:
        """The deepest folder that all of the camera's events are in."""
        one, other = (self.layout.event_folder(self.camera, event) for event in (FIRST, LAST))
        same = next(n for n in range(len(one)) if one[n] != other[n])
        return one[: one.rfind("/", 0, same) + 1]

    def _below(self, prefix: str, depth: int) -> Iterator[str]:
        folders = list(self.store.list_folders(prefix))
        for folder in reversed(folders) if self.newest else folders:
            if not self._may_hold(folder):
                continue
            event = _EVENT.search(folder)
            if event and self._is_folder_of(event[0], folder):
                yield event[0]
            elif depth > 1:
                yield from self._below(folder, depth - 1)

    def _may_hold(self, folder: str) -> bool:
        first, last = (self.layout.event_folder(self.camera, event) for event in (self.since, self.before))
        return first[: len(folder)] <= folder <= last[: len(folder)]

    def _is_folder_of(self, event: str, folder: str) -> bool:
        try:
            return self.layout.event_folder(self.camera, event) == folder
        except ValueError:  # a 13th month
            return False
