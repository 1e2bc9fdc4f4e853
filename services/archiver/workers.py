"""Threads that talk to the store; what one of them raises ends the service."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from services.archiver.uploads import Stopped


class Workers:
    """Used in a `with` block, which ends when all that was submitted has ended."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._failure: BaseException | None = None

    def __enter__(self) -> "Workers":
        self._pool = ThreadPoolExecutor(self._threads, "archiver-store")
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def submit(self, action: Callable[..., Any], *arguments: object) -> None:
        """Does it in one of the threads; `Stopped` is no failure."""

        def work() -> None:
            try:
                action(*arguments)
            except Stopped:
                pass
            except BaseException as error:  # noqa: BLE001  (raised again by check)
                self._failure = self._failure or error

        self._pool.submit(work)

    def check(self) -> None:
        """Raises what one of them raised."""
        if self._failure:
            raise self._failure
