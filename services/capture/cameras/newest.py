"""A place for one item between a thread that reads what cannot be interrupted and one that can."""

import threading
from datetime import datetime
from typing import Generic, TypeVar

from services.capture.cameras.camera import CameraLost, CameraMisconfigured

T = TypeVar("T")


class Newest(Generic[T]):
    """The last item that was put, with its time; those before it are lost when nobody took them."""

    def __init__(self) -> None:
        self.closed = False
        self._changed = threading.Condition()
        self._item: tuple[T, datetime] | None = None
        self._problem: CameraLost | CameraMisconfigured | None = None

    def put(self, item: T, when: datetime) -> bool:
        """Whether an item was lost by that: one that nobody had taken yet."""
        with self._changed:
            lost = self._item is not None
            self._item = item, when
            self._changed.notify()
        return lost

    def fail(self, problem: CameraLost | CameraMisconfigured) -> None:
        """There will be no more: `take` says so once the last item is taken."""
        with self._changed:
            self._problem = problem
            self._changed.notify()

    def take(self, timeout_s: float) -> tuple[T, datetime] | None:
        """The newest item, each one once; None where none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._item or self._problem, timeout_s)
            taken, self._item = self._item, None
            if taken is None and self._problem:
                raise self._problem
            return taken

    def close(self) -> None:
        self.closed = True
