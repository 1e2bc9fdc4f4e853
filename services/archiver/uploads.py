"""Puts objects into the store, however long the store is away."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from services.runtime.backoff import Backoff
from services.store import Store, StoreRefused, StoreUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_CAP_S = 10.0
REFUSED_RETRY_S = 10.0


class Stopped(Exception):
    """The service ends: what was not stored was not acknowledged, and is delivered again."""


class Uploads:
    """A store that is waited for: temporary errors are retried until it works, or until `give_up`.

    `problem` is the sentence of what is wrong with the store now; it is logged once, and its end too.
    `wait` is how to wait so many seconds, but no longer than until `give_up`.
    """

    def __init__(self, store: Store, wait: Callable[[float], object] | None = None) -> None:
        self.store = store
        self.problem = ""
        self._stop = threading.Event()
        self._wait = wait or self._stop.wait
        self._lock = threading.Lock()

    def give_up(self) -> None:
        """The service ends: whoever still waits gets `Stopped`."""
        self._stop.set()

    def put(self, key: str, data: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        """Returns when it is stored. Raises `StoreRejected` for this object alone, `Stopped` at the end."""
        self.insist(lambda: self.store.put(key, data, content_type, metadata))

    def insist(self, action: Callable[[], T]) -> T:
        """The action's result, when the store is there for it. Raises `Stopped` at the end of the service.

        After a failure the store is prepared anew, so that a bucket which vanished comes back.
        """
        backoff = Backoff(cap_s=RETRY_CAP_S)
        failed = False
        while not self._stop.is_set():
            try:
                if failed:
                    self.store.prepare()
                result = action()
            except StoreUnavailable as error:
                failed = True
                self._say(str(error))
                self._wait(REFUSED_RETRY_S if isinstance(error, StoreRefused) else backoff.next())
                continue
            self._say("")
            return result
        raise Stopped

    def _say(self, problem: str) -> None:
        with self._lock:
            was, self.problem = self.problem, problem
        if problem and not was:
            log.warning("%s; nothing is lost, and it is tried again for as long as it takes", problem)
        elif was and not problem:
            log.info("%s is there again", self.store.describe())
