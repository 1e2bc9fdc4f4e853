"""`nightjar archive verify`: is everything there, and as it was stored?"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.archive.checking import Seen, unexplained, wrong_frame
from services.archive.progress import Progress
from services.archive.shelf import Shelf
from services.archive.words import count, size
from services.contract.archive import Manifest, StoredFrame
from services.contract.archive_keys import event_start
from services.runtime.errors import UserError
from services.store import NotStored
from services.store.events import EventRef

#: An event that began so long ago and has no manifest was not closed: the longest one is over by then.
NEVER_CLOSED = timedelta(hours=2)


@dataclass(slots=True)
class Outcome:
    """What a verification has found."""

    events: int = 0
    frames: int = 0
    bytes: int = 0
    lost: int = 0  # as the manifests say
    open: int = 0  # not closed yet
    unlisted: int = 0  # objects beside the frames that no manifest lists
    problems: list[str] = field(default_factory=list)

    def lines(self, *, quick: bool) -> list[str]:
        """For people, the verdict last."""
        found = [f"  {problem}" for problem in self.problems]
        read = "by size" if quick else f"by SHA-256, {size(self.bytes)}"
        found.append(f"{count(self.events, 'event')}, {count(self.frames, 'frame')} ({read})")
        if self.lost:
            found.append(
                f"{count(self.lost, 'frame')} never reached the archive, as the manifests say and why"
            )
        if self.open:
            found.append(f"{count(self.open, 'event')} still open: being stored, and verified next time")
        if self.unlisted:
            found.append(f"{count(self.unlisted, 'object')} that no manifest lists; it does no harm")
        wrong = len(self.problems)
        found.append(f"WRONG: {count(wrong, 'problem')}" if wrong else "All is as it was stored.")
        return found

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Verification:
    """Events one after the other, the frames of each in `threads` threads."""

    def __init__(self, shelf: Shelf, now: datetime, *, threads: int, quick: bool = False) -> None:
        self.outcome = Outcome()
        self._shelf = shelf
        self._now = now
        self._threads = threads
        self._quick = quick
        self._seen = Seen()

    def run(self, events: Iterable[EventRef], progress: Progress) -> Outcome:
        """Raises `StoreError` where the store is away."""
        with ThreadPoolExecutor(self._threads, "verify") as pool:
            try:
                for ref in events:
                    self._event(ref, pool, progress)
                    progress.add(done=1)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return self.outcome

    def _event(self, ref: EventRef, pool: ThreadPoolExecutor, progress: Progress) -> None:
        outcome = self.outcome
        try:
            manifest = self._shelf.manifest(ref)
        except UserError as damaged:
            self._say(ref, [str(damaged)])
            return
        objects = {each.key: each.bytes for each in self._shelf.objects(ref)}
        if manifest is None:
            self._without_manifest(ref, len(objects))
            return
        outcome.events += 1
        outcome.lost += sum(gap.last - gap.first + 1 for gap in manifest.missing)
        listed = {frame.key for frame in manifest.frames}
        own = self._shelf.layout.manifest_key(ref.camera, ref.event)
        outcome.unlisted += sum(key not in listed and key != own for key in objects)
        self._say(ref, [*unexplained(manifest), *self._seen.doubled(manifest)])
        if self._quick:
            self._say(ref, self._by_size(manifest, objects))
            outcome.frames += len(manifest.frames)
            return
        for frame, wrong in self._by_hash(manifest, pool):
            outcome.frames += 1
            outcome.bytes += frame.bytes
            progress.add(read_bytes=frame.bytes)
            self._say(ref, [wrong] if wrong else [])

    def _without_manifest(self, ref: EventRef, objects: int) -> None:
        if self._now - event_start(ref.event) > NEVER_CLOSED:
            self._say(ref, [f"has {count(objects, 'object')} and no manifest: it was never closed"])
        else:
            self.outcome.open += 1

    def _by_size(self, manifest: Manifest, objects: dict[str, int]) -> Iterator[str]:
        for frame in manifest.frames:
            found = objects.get(frame.key)
            if found is None:
                yield f"{frame.key} is not there"
            elif found != frame.bytes:
                yield f"{frame.key} has {found} bytes instead of {frame.bytes}"

    def _by_hash(
        self, manifest: Manifest, pool: ThreadPoolExecutor
    ) -> Iterator[tuple[StoredFrame, str | None]]:
        def check(frame: StoredFrame) -> str | None:
            try:
                return wrong_frame(frame, manifest.camera, self._shelf.store.get(frame.key))
            except NotStored:
                return f"{frame.key} is not there"

        return zip(manifest.frames, pool.map(check, manifest.frames), strict=True)

    def _say(self, ref: EventRef, problems: Iterable[str]) -> None:
        self.outcome.problems += [f"{ref.camera}/{ref.event}: {problem}" for problem in problems]
