"""What a service runs for each camera, and how it comes and goes with the configuration."""

import threading
from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

from services.contract.settings import CameraSettings
from services.runtime.mqtt import Link
from services.runtime.run import Crew
from services.runtime.stop import Stop


class Work(Protocol):
    """One camera's part of a service: a thread, and the link that it speaks over."""

    link: Link

    def run(self, stop: threading.Event) -> None: ...


W = TypeVar("W", bound=Work)


class Lane(Generic[W]):
    """A camera's two threads. The link ends after the work: what that still says is to be heard."""

    def __init__(self, name: str, work: W, alarm: threading.Event) -> None:
        self.work = work
        self._name = name
        self._working = Crew(Stop(), alarm=alarm)
        self._linked = Crew(Stop(), alarm=alarm)

    def start(self) -> None:
        self._linked.start(f"{self._name}-link", self.work.link.run)
        self._working.start(self._name, self.work.run)

    def halt(self) -> None:
        """The work is to end; returns at once."""
        self._working.stop.set()

    def finish(self, last: Callable[[W], None]) -> None:
        """Returns when the work has ended and `last` was done; the link then drains. Raises what failed."""
        try:
            self._working.wait()
            last(self.work)
        finally:
            self._linked.stop.set()

    def wait(self) -> None:
        """Returns when the link has ended too. Raises what failed."""
        self._linked.wait()


class Lanes(Generic[W]):
    """The cameras at work; `work` may be read by any thread, and is another object after each change."""

    def __init__(
        self,
        service: str,
        make: Callable[[str, CameraSettings], W],
        *,
        same: Callable[[CameraSettings, CameraSettings], bool],
        begin: Callable[[W], None],
        halt: Callable[[W], None] = lambda _work: None,
        last: Callable[[W], None] = lambda _work: None,
        after: Callable[[W], None] = lambda _work: None,
    ) -> None:
        """`make` builds one camera's work, which goes on with settings that are the `same` for it.

        `begin` is called before its threads start, `halt` when they are to end, and `last` when the work
        has ended and its link still runs; `after` when that has ended too.
        """
        self._service = service
        self._make, self._same = make, same
        self._begin, self._halt, self._last, self._after = begin, halt, last, after
        self._changing = threading.Lock()
        self._alarm: threading.Event | None = None
        self._closed = False
        self._settings: dict[str, CameraSettings] = {}
        self._lanes: dict[str, Lane[W]] = {}
        self.work: Mapping[str, W] = {}

    def __getitem__(self, camera: str) -> W:
        return self.work[camera]

    def prepare(self, cameras: Mapping[str, CameraSettings]) -> None:
        """Builds them; nothing runs yet."""
        self._settings = dict(cameras)
        self.work = {camera: self._make(camera, own) for camera, own in cameras.items()}

    def start(self, alarm: threading.Event) -> None:
        """Starts all of them; `alarm` is set when one fails."""
        with self._changing:
            self._alarm = alarm
            for camera, work in self.work.items():
                self._start(camera, work, alarm)

    def take(self, cameras: Mapping[str, CameraSettings]) -> None:
        """Ends the work of cameras that are gone or not the same, and starts that of the new ones."""
        with self._changing:
            if self._alarm is None:
                if cameras != self._settings:
                    self.prepare(cameras)
            elif not self._closed:
                self._take(cameras, self._alarm)

    def close(self) -> None:
        """Ends all of them. Raises the first failure."""
        with self._changing:
            self._closed = True
            self._end(list(self._lanes))

    def _take(self, cameras: Mapping[str, CameraSettings], alarm: threading.Event) -> None:
        ends = [name for name, own in self._settings.items() if not self._goes_on(name, own, cameras)]
        self._end(ends)
        self._settings = dict(cameras)
        work = {name: each for name, each in self.work.items() if name not in ends}
        new = {name: self._make(name, own) for name, own in cameras.items() if name not in work}
        self.work = {name: work.get(name) or new[name] for name in cameras}
        for name, each in new.items():
            self._start(name, each, alarm)

    def _goes_on(self, name: str, own: CameraSettings, cameras: Mapping[str, CameraSettings]) -> bool:
        return name in cameras and self._same(own, cameras[name])

    def _start(self, camera: str, work: W, alarm: threading.Event) -> None:
        lane = self._lanes[camera] = Lane(f"{self._service}-{camera}", work, alarm)
        self._begin(work)
        lane.start()

    def _end(self, names: list[str]) -> None:
        """All at a time: each may take its moment to say what it still has to say."""
        lanes = [self._lanes.pop(name) for name in names]
        failures: list[BaseException] = []
        for lane in lanes:
            lane.halt()
            self._halt(lane.work)
        for step in (lambda lane: lane.finish(self._last), Lane.wait, lambda lane: self._after(lane.work)):
            for lane in lanes:
                try:
                    step(lane)
                except BaseException as failure:  # noqa: BLE001  (the others end all the same; raised below)
                    failures.append(failure)
        if failures:
            raise failures[0]
