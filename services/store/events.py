"""Finds events in the store, newest first, listing no more folders than it must."""

import heapq
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.contract.archive_keys import KeyLayout
from services.store.base import Store

#: Event ids sort by time; no real one comes before the first or after the last of these.
FIRST, LAST = "10000101T000000Z-0000", "99991231T235959Z-ffffffffffffffff"

_EVENT = re.compile(r"(?<![0-9])[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4,16}(?![0-9a-f])")
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


@dataclass(frozen=True, slots=True)
class _Walk:
    """Down through one camera's folders, the latest first."""

    store: Store
    layout: KeyLayout
    camera: str
    since: str
    before: str

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
        for folder in reversed(list(self.store.list_folders(prefix))):
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
