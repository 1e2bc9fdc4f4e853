"""How whoever waits for something else than an event hears that it is to stop."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: How often those look whom nobody tells.
LOOK_S = 0.1
#: How long those may wait whom somebody does.
TOLD_S = 1.0


class Stop(threading.Event):
    """An event that also calls whoever asked for it, in the thread that sets it.

    A service has some connections per camera: none of them is to wake up ten times a second for nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._callbacks: list[Callable[[], None]] = []

    def set(self) -> None:
        super().set()
        for callback in tuple(self._callbacks):
            callback()

    @contextmanager
    def telling(self, callback: Callable[[], None]) -> Iterator[None]:
        """`callback` must be quick; it may be called a moment after the end of this."""
        self._callbacks.append(callback)
        try:
            yield
        finally:
            self._callbacks.remove(callback)


@contextmanager
def told_of(stop: threading.Event, callback: Callable[[], None]) -> Iterator[float]:
    """How long to wait at most before looking at `stop`: long where `callback` is called when it is set."""
    if not isinstance(stop, Stop):
        yield LOOK_S
        return
    with stop.telling(callback):
        yield TOLD_S
