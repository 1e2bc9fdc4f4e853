"""From the command line to a running service and back: threads, signals, and an honest end."""

import contextlib
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from types import FrameType
from typing import NoReturn, Protocol

from services.runtime.errors import UserError
from services.runtime.stop import Stop

log = logging.getLogger(__name__)


Background = tuple[str, Callable[[threading.Event], None]]
"""What runs beside the services until `stop`, and the name of its thread."""


class Service(Protocol):
    """A part of Nightjar: the constructor does nothing, `run` lives until `stop` and has then ended."""

    name: str

    def run(self, stop: threading.Event) -> None: ...

    def problems(self) -> list[str]:
        """What keeps it from being ready, as sentences; empty when it is."""
        ...


class Crew:
    """Named threads with one fate: when one of them fails, all stop, and `wait` raises what it raised.

    `alarm` is set by a failure too: the service's own `stop`, where the crew is to outlive that for a moment.
    """

    def __init__(self, stop: threading.Event, alarm: threading.Event | None = None) -> None:
        self.stop = stop
        self._alarm = alarm or stop
        self._threads: list[threading.Thread] = []
        self._failure: BaseException | None = None

    def start(self, name: str, target: Callable[[threading.Event], None]) -> None:
        """Runs `target(stop)` in a thread of its own."""

        def live() -> None:
            try:
                target(self.stop)
            except BaseException as error:  # noqa: BLE001  (raised again by wait)
                if not isinstance(error, UserError):
                    log.error("%s has failed (%r): everything stops", name, error)
                self._failure = self._failure or error
                self.stop.set()
                self._alarm.set()

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
    services: Sequence[Service],
    *,
    foundation: Service | None = None,
    also: Iterable[Background] = (),
) -> None:
    """Runs all of them in this process until a signal comes or one of them fails; raises what it raised.

    They stop one after the other in the order in which frames flow, so that what one of them still hands
    over is taken up by the next. What they build upon, the `foundation`, is ready before they start, and
    stops last.
    """
    stop = threading.Event()
    handle_signals(stop)
    crews = []
    for service in [foundation, *services] if foundation else services:
        if stop.is_set():
            break
        crew = Crew(Stop(), alarm=stop)
        crew.start(service.name, service.run)
        crews.append(crew)
        while service is foundation and service.problems() and not stop.wait(0.01):
            pass
    helpers = Crew(stop)
    for name, target in also:
        helpers.start(name, target)
    settle()
    stop.wait()
    failures = []
    for crew in [*crews[1:], crews[0]] if foundation else crews:
        crew.stop.set()
        try:
            crew.wait()
        except BaseException as error:  # noqa: BLE001  (the others stop all the same; raised again below)
            failures.append(error)
    helpers.wait()
    if failures:
        raise failures[0]


def settle() -> None:
    """What has been built by now lives as long as the process: it is never searched for garbage again.

    A search of all of it stops every thread for 10 to 30 ms, in the midst of a frame.
    """
    gc.collect()
    gc.freeze()


def handle_signals(stop: threading.Event) -> None:
    """SIGINT and SIGTERM set `stop`; a second one ends the process at once."""

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            sys.exit(128 + number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


def leave(status: int) -> NoReturn:
    """Ends the process, also where a thread is stuck in foreign code.

    A thread that comes back from FFmpeg while Python takes itself down aborts the process (until Python
    3.14), so with such a thread around it is not taken down.
    """
    if any(thread.daemon for thread in threading.enumerate()):
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # closed already
                stream.flush()
        os._exit(status)
    sys.exit(status)


def ends(main: Callable[[], int]) -> int:
    """A user's mistake ends in one sentence and status 2; a bug ends in a traceback."""
    try:
        return main()
    except UserError as error:
        print(f"nightjar: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # before anything ran that has to be stopped
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 1
