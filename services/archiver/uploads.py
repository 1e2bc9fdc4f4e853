"""Puts objects into the store and tells how it went; a store that hiccups is given a moment."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from services.archiver.standing import Standing
from services.store import Store, StoreUnavailable

T = TypeVar("T")

#: Between two tries of the same while the store is failing, but not yet taken for away.
RETRY_S = 0.3


class Stopped(Exception):
    """The service ends: what was not stored was not acknowledged, and is delivered again."""


class Uploads:
    """The store, and how it stands. What is asked is tried again until it works or the store counts as away.

    `wait` is how to wait so many seconds, but no longer than until `give_up`.
    """

    def __init__(
        self,
        store: Store,
        standing: Standing | None = None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self.store = store
        self.standing = standing or Standing(store.describe())
        self._stop = threading.Event()
        self._wait = wait or self._stop.wait

    def give_up(self) -> None:
        """The service ends: whoever still waits gets `Stopped`."""
        self._stop.set()

    def put(self, key: str, data: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        """Returns when it is stored.

        Raises `StoreUnavailable` where the store is away now, `StoreRejected` for this object alone,
        `Stopped` at the end of the service.
        """
        self.attempt(partial(self._put, key, data, content_type, metadata))

    def put_at_once(self, key: str, data: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        """The same without a second try: raises `StoreUnavailable` when the first one fails."""
        self._once(partial(self._put, key, data, content_type, metadata))

    def attempt(self, action: Callable[[], T]) -> T:
        """The action's result. Raises as `put` does.

        After a failure the store is prepared anew, so that a bucket which vanished comes back.
        """
        failed = False
        while not self._stop.is_set():
            try:
                if failed:
                    self._once(self.store.prepare)
                return self._once(action)
            except StoreUnavailable:
                failed = True
                if not self.standing.well:
                    raise
            self._wait(RETRY_S)
        raise Stopped

    def probe(self) -> None:
        """Asks a store that is away how it is, where that is due."""
        if not self.standing.probe_due():
            return
        try:
            self.store.prepare()
        except StoreUnavailable as error:
            if not self._stop.is_set():
                self.standing.failed(error)
        else:
            self.standing.answered()

    def _once(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except StoreUnavailable as error:
            if self._stop.is_set():
                raise Stopped from error
            self.standing.failed(error)
            raise

    def _put(self, key: str, data: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        began_s = time.monotonic()
        self.store.put(key, data, content_type, metadata)
        self.standing.stored(time.monotonic() - began_s)
