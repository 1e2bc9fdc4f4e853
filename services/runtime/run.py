"""From the command line to a running service and back: threads, signals, and an honest end."""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from types import FrameType
from typing import Protocol

from services.runtime.errors import UserError

log = logging.getLogger(__name__)


class Service(Protocol):
    """A part of Nightjar: the constructor does nothing, `run` lives until `stop` and has then ended."""

    name: str

    def run(self, stop: threading.Event) -> None: ...

    def problems(self) -> list[str]:
        """What keeps it from being ready, as sentences; empty when it is."""
        ...


class Crew:
    """Named threads with one fate: when one of them fails, all stop, and `wait` raises what it raised."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop
        self._threads: list[threading.Thread] = []
        self._failure: BaseException | None = None

    def start(self, name: str, target: Callable[[threading.Event], None]) -> None:
        """Runs `target(stop)` in a thread of its own."""

        def live() -> None:
            try:
                target(self.stop)
            except BaseException as error:  # noqa: BLE001  (raised again by wait)
                self._failure = self._failure or error
                self.stop.set()

        thread = threading.Thread(target=live, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def wait(self) -> None:
        """Returns when all have ended; raises the first failure."""
        self.stop.wait()
        for thread in self._threads:
            thread.join()
        if self._failure:
            raise self._failure


def run_services(
    services: Sequence[Service], also: Iterable[tuple[str, Callable[[threading.Event], None]]] = ()
) -> None:
    """Runs all of them in this process until a signal comes or one of them fails; raises what it raised.

    They are stopped in the reverse order, so that what others build upon (a broker, say) comes first and
    goes last.
    """
    stop = threading.Event()
    handle_signals(stop)
    failures: list[BaseException] = []

    def life(service: Service, own_stop: threading.Event) -> None:
        try:
            service.run(own_stop)
        except BaseException as error:  # noqa: BLE001  (raised again below)
            failures.append(error)
        finally:
            stop.set()

    crew = Crew(stop)
    for name, target in also:
        crew.start(name, target)
    started = []
    for service in services:
        own_stop = threading.Event()
        thread = threading.Thread(target=life, args=(service, own_stop), name=service.name, daemon=True)
        started.append((thread, own_stop))
        thread.start()
    stop.wait()
    for thread, own_stop in reversed(started):
        own_stop.set()
        thread.join()
    crew.wait()
    if failures:
        raise failures[0]


def handle_signals(stop: threading.Event) -> None:
    """SIGINT and SIGTERM set `stop`; a second one ends the process at once."""

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            sys.exit(128 + number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


def ends(main: Callable[[], int]) -> int:
    """A user's mistake ends in one sentence and status 2; a bug ends in a traceback."""
    try:
        return main()
    except UserError as error:
        print(f"nightjar: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 1
