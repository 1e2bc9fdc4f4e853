"""What lies in an archive, replayed: its frames are fetched ahead, several at a time."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from services.contract.archive_keys import event_start
from services.replay.shots import JPEGS, NotReplayable, Shot, Timeline
from services.store import Store, StoreError

_EVENT = re.compile(r"(?:^|/)(\d{8}T\d{6}Z-[0-9a-f]{4,16})/")
#: So many frames are on their way at a time for each thread.
AHEAD = 4

T = TypeVar("T")


class Archived:
    """The frames under a store's prefix in the order of their keys, which is that of their times.

    `camera` chooses one of several by the first part of the key; `since` and `until` choose events by when
    they began.
    """

    def __init__(
        self,
        store: Store,
        *,
        camera: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        threads: int = 6,
    ) -> None:
        """Raises NotReplayable."""
        self._store, self._threads = store, threads
        self._since, self._until = since, until
        prefix = f"{camera}/" if camera and f"{camera}/" in _asked(store.list_folders) else ""
        self._keys = [
            stored.key for stored in _asked(lambda: store.list(prefix)) if self._is_wanted(stored.key)
        ]
        if not self._keys:
            raise NotReplayable(f"there are no such frames in {store.describe()}")
        self.frames, self.fps = len(self._keys), 0.0
        self._timeline = Timeline(camera=camera)

    def shots(self) -> Iterator[Shot]:
        with ThreadPoolExecutor(self._threads, "replay") as pool:
            coming: deque[Future[bytes]] = deque()
            try:
                for key in self._keys:
                    coming.append(pool.submit(self._store.get, key))
                    if len(coming) >= AHEAD * self._threads:
                        yield self._shot(coming.popleft())
                while coming:
                    yield self._shot(coming.popleft())
            finally:
                for future in coming:
                    future.cancel()
        self.fps = self._timeline.fps

    def _shot(self, future: Future[bytes]) -> Shot:
        try:
            return self._timeline.shot(future.result())
        except StoreError as error:
            raise NotReplayable(str(error)) from None

    def _is_wanted(self, key: str) -> bool:
        if not key.lower().endswith(tuple(JPEGS)):
            return False
        if self._since is None and self._until is None:
            return True
        event = _EVENT.search(key)
        try:
            began = event_start(event[1] if event else "")
        except ValueError:
            return False
        return (self._since is None or began >= self._since) and (self._until is None or began < self._until)


def _asked(ask: Callable[[], Iterable[T]]) -> list[T]:
    try:
        return list(ask())
    except StoreError as error:
        raise NotReplayable(str(error)) from None
