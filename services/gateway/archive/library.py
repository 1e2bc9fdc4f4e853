"""The archive as people read it: events with what is worth knowing about each, and their pictures."""

import asyncio
import itertools
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from services.contract.archive import Manifest, StoredFrame
from services.contract.archive_keys import KeyLayout, event_start
from services.contract.experiments import ExperimentSummary
from services.contract.settings import ArchiveSettings
from services.gateway.archive.kept import Keeping
from services.gateway.archive.recent import Recent
from services.gateway.archive.summaries import Summaries
from services.runtime.errors import UserError
from services.store import Key, NotStored, Store, StoreError, open_store
from services.store.events import FIRST, LAST, EventRef, newest_first

THREADS = 4
MAX_ENTRIES = 2000
MAX_MANIFESTS = 8  # one of a long event has thousands of frames

MAX_LOOKED_AT = 500  # events per page where not all are wanted
AT_ONCE = 2 * THREADS  # of these

_T = TypeVar("_T")


class ArchiveAway(Exception):
    """The store does not answer; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the archive; without its manifest it is still being stored."""

    camera: str
    event: str
    started: datetime
    complete: bool = False
    ended: datetime | None = None
    reason: str = ""
    frames: int = 0
    bytes: int = 0
    missing: int = 0
    zones: tuple[str, ...] = ()
    thumbnail: int = 0  # index of the frame that shows best what it was
    kept: bool = False  # for ever: retention does not delete it

    @property
    def duration_s(self) -> float | None:
        return (self.ended - self.started).total_seconds() if self.ended else None


Wanted = Callable[[Entry], bool]


@dataclass(frozen=True, slots=True)
class Page:
    """Events, newest first, and the id to go on before; None at the end."""

    entries: list[Entry]
    older: str | None


class Library:
    """Reads the store in threads of its own, and remembers what cannot change any more."""

    def __init__(self, store: Store, layout: KeyLayout) -> None:
        self._store = store
        self._layout = layout
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="gateway-archive")
        self._entries: Recent[EventRef, Entry] = Recent(MAX_ENTRIES)
        self._manifests: Recent[EventRef, Manifest] = Recent(MAX_MANIFESTS)
        self._keeping = Keeping(store, layout)
        self._summaries = Summaries(store)
        self.problem = ""

    async def page(
        self,
        cameras: Iterable[str],
        *,
        before: str = LAST,
        since: str = FIRST,
        limit: int = 24,
        wanted: Wanted | None = None,
    ) -> Page:
        """At most `limit` events with `since <= id < before`, those that are wanted. Raises `ArchiveAway`.

        It looks at no more than some hundred: a page may have few or none, and yet go on.
        """
        found = newest_first(self._store, self._layout, list(cameras), before=before, since=since)
        entries: list[Entry] = []
        looked_at, last = 0, None
        while len(entries) < limit and looked_at < MAX_LOOKED_AT:
            asked = max(limit - len(entries), AT_ONCE if wanted else 0)
            refs = await self._in_thread(lambda: list(itertools.islice(found, asked)))  # noqa: B023 - awaited
            for entry in await asyncio.gather(*(self._in_thread(partial(self._look, ref)) for ref in refs)):
                if len(entries) == limit:
                    return Page(entries, last)
                last = entry.event
                if wanted is None or wanted(entry):
                    entries.append(entry)
            if len(refs) < asked:
                return Page(entries, None)
            looked_at += asked
        return Page(entries, last if await self._in_thread(lambda: next(found, None)) else None)

    async def entry(self, camera: str, event: str) -> Entry | None:
        """One event; None where the archive has no manifest of it. Raises `ArchiveAway`."""
        ref = EventRef(event, camera)
        found = await self._in_thread(lambda: self._look(ref, remembered=False))
        return found if found.complete else None

    async def kept(self, camera: str, event: str) -> bool:
        """Whether somebody keeps it. Raises `ArchiveAway`."""
        ref = EventRef(event, camera)
        return await self._in_thread(lambda: self._keeping.keeps(ref, remembered=False))

    async def manifest(self, camera: str, event: str) -> Manifest | None:
        """Its manifest; None where there is none (yet). Raises `ArchiveAway`."""
        return await self._in_thread(lambda: self._manifest(EventRef(event, camera)))

    async def experiments(self, camera: str, folders: Iterable[str]) -> list[ExperimentSummary]:
        """The latest runs of its experiments, newest first. Raises `ArchiveAway`."""
        return await self._in_thread(lambda: self._summaries.newest_first(camera, folders))

    async def camera_of(self, event: str, cameras: Iterable[str]) -> str | None:
        """Whose event it is, of these cameras; None where none has it. Raises `ArchiveAway`."""

        def find() -> str | None:
            entries = (self._entry(EventRef(event, camera)) for camera in cameras)
            return next((entry.camera for entry in entries if entry.complete), None)

        return await self._in_thread(find)

    def read(self, key: str) -> bytes | None:
        """The bytes of an object, from any thread; None where they are gone. Raises `StoreError`."""
        try:
            return self._store.get(key)
        except NotStored:
            return None

    async def picture(self, frame: StoredFrame) -> bytes | None:
        """The bytes of a frame; None where they are gone. Raises `ArchiveAway`."""
        return await self._in_thread(lambda: self.read(frame.key))

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._store.close()

    async def _in_thread(self, read: Callable[[], _T]) -> _T:
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, read)
        except StoreError as error:
            self.problem = str(error)
            raise ArchiveAway(self.problem) from error
        self.problem = ""
        return found

    def _look(self, ref: EventRef, *, remembered: bool = True) -> Entry:
        """The event as it is now: what is in its manifest stays, whether it is kept changes."""
        entry = self._entry(ref)
        return replace(entry, kept=entry.complete and self._keeping.keeps(ref, remembered=remembered))

    def _entry(self, ref: EventRef) -> Entry:
        entry = self._entries.get(ref)
        if entry is None:
            manifest = self._manifest(ref)
            if manifest is None:
                return Entry(ref.camera, ref.event, event_start(ref.event))
            entry = describe(manifest)
            self._entries.put(ref, entry)
        return entry

    def _manifest(self, ref: EventRef) -> Manifest | None:
        manifest = self._manifests.get(ref)
        if manifest is None:
            try:
                key = self._layout.manifest_key(ref.camera, ref.event)
                manifest = Manifest.model_validate_json(self._store.get(key))
            except (NotStored, ValueError):  # not yet; one that is none (pydantic's error is a ValueError)
                return None
            self._manifests.put(ref, manifest)
        return manifest


def open_library(archive: ArchiveSettings, read_key: Callable[[], Key] | None = None) -> Library:
    """The library of the configured archive; `read_key` says what its key is by now, when it is refused.

    Raises UserError where `archive.…` cannot be right.
    """
    key = Key.of(archive)
    try:
        layout = KeyLayout(archive.key)
        store = open_store(archive.url, key.access, key.secret, threads=THREADS, read_key=read_key)
        return Library(store, layout)
    except ValueError as wrong:
        raise UserError(str(wrong)) from None


def describe(manifest: Manifest) -> Entry:
    """What a list shows of an event."""
    return Entry(
        camera=manifest.camera,
        event=manifest.event,
        started=manifest.started,
        ended=manifest.ended,
        complete=True,
        reason=manifest.reason,
        frames=len(manifest.frames),
        bytes=sum(frame.bytes for frame in manifest.frames),
        zones=tuple(manifest.zones),
        missing=sum(gap.last - gap.first + 1 for gap in manifest.missing),
        thumbnail=best_frame(manifest),
    )


def best_frame(manifest: Manifest) -> int:
    """The index of a frame in the middle of the motion, but not long after its start."""
    moving = manifest.ended - manifest.started
    wanted = manifest.started + min(moving / 2, timedelta(seconds=2))
    frames = manifest.frames
    return min(range(len(frames)), key=lambda n: abs(frames[n].time - wanted), default=0)
