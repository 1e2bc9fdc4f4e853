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

    `problem` is the sentence of what is wrong with the store now; it is logged when it changes.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.problem = ""
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def give_up(self) -> None:
        """The service ends: whoever still waits gets `Stopped`."""
        self._stop.set()

    def put(self, key: str, data: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        """Returns when it is stored. Raises `StoreRejected` for this object alone, `Stopped` at the end."""
        self.insist(lambda: self.store.put(key, data, content_type, metadata))

    def insist(self, action: Callable[[], T]) -> T:
        """The action's result, when the store is there for it. Raises `Stopped` at the end of the service."""
        backoff = Backoff(cap_s=RETRY_CAP_S)
        while not self._stop.is_set():
            try:
                result = action()
            except StoreUnavailable as error:
                self._say(str(error))
                delay_s = REFUSED_RETRY_S if isinstance(error, StoreRefused) else backoff.next()
                self._stop.wait(delay_s)
                continue
            self._say("")
            return result
        raise Stopped

    def _say(self, problem: str) -> None:
        if problem == self.problem:
            return
        with self._lock:
            was, self.problem = self.problem, problem
        if problem and not was:
            log.warning("%s; nothing is lost, and it is tried again for as long as it takes", problem)
        elif was and not problem:
            log.info("%s is there again", self.store.describe())
