"""Holds the pictures of experiments, slice by slice, until the archiver has answered for them.

As motion does with its events: each picture is published on its slice's topic, and the list of them is handed
over again and again until an answer comes. All of it goes over the link that brings the camera's frames.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from services.capture.experiments.kept import Kept
from services.capture.experiments.nearest import Chosen
from services.capture.experiments.opened import Opened
from services.capture.experiments.series import Series
from services.contract import topics as leaf
from services.contract.experiments import OpenSlice, OpenSlices
from services.contract.handover import SliceHandover
from services.contract.topics import Topics
from services.runtime.backoff import Backoff
from services.runtime.mqtt import Link

log = logging.getLogger(__name__)

#: A handover is said again after so long, and then ever more rarely.
SAY_AGAIN_S, SAY_AGAIN_CAP_S = 10.0, 300.0
#: Slices that wait for their answer, about 60 KB each when full; beyond that the oldest is given up.
MOST_WAITING = 200


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A slice that was handed over: as it is announced, and as it is said."""

    place: OpenSlice
    payload: bytes


class Slices:
    """One camera's slices that the archiver has not answered for. Not for two threads at once.

    Handovers are said one at a time, the oldest first, so that no summary follows a newer one.
    """

    def __init__(
        self,
        camera: str,
        topics: Topics,
        link: Link,
        max_bytes: int,
        new_suffix: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        self._camera = camera
        self._topics = topics
        self._link = link
        self._new_suffix = new_suffix
        self._kept = Kept(max_bytes)
        self._opened: dict[str, Opened] = {}  # by the series' name
        self._waiting: dict[str, _Waiting] = {}
        self._again = Backoff(SAY_AGAIN_S, SAY_AGAIN_CAP_S)
        self._say_s = float("-inf")
        self.revision = 0  # another one when a slice begins or ends
        #: For whoever remembers: handovers that are new, and slices that are settled.
        self.closed: list[SliceHandover] = []
        self.settled: list[str] = []

    @property
    def opened(self) -> list[Opened]:
        return list(self._opened.values())

    def event(self, series: Series) -> str | None:
        """The slice that is open."""
        opened = self._opened.get(series.name)
        return opened.event if opened else None

    def get(self, sequence: int) -> bytes | None:
        """A picture that somebody misses; None where it is gone."""
        return self._kept.get(sequence)

    # -- a slice's life --------------------------------------------------------------------------------

    def take(self, series: Series, chosen: Chosen, now_s: float) -> None:
        """The picture is the series': it is kept and published."""
        frame = chosen.taken.frame
        opened = self._opened.get(series.name) or self._open(series, frame.id.time, now_s)
        opened.add(chosen)
        self._kept.add(opened.event, frame.id.sequence, frame.jpeg)
        self._link.send(self._topics.event_frames(self._camera, opened.event), frame.jpeg)

    def mind(self, series: Series, now: datetime, now_s: float) -> None:
        """Closes the series' slice where it is full, or the series over.

        The end of an experiment is told by a slice, if need be one without pictures.
        """
        if series.ended and series.experiment and series.name not in self._opened:
            self._open(series, now, now_s)
        opened = self._opened.get(series.name)
        if opened and (series.ended or opened.full(now_s)):
            self.close(series, now)

    def close(self, series: Series, now: datetime) -> None:
        """Hands over what the series has so far."""
        if opened := self._opened.pop(series.name, None):
            summary = series.summary(now if series.ended else None)
            self._hand_over(opened.handover(self._camera, series.missed, summary))
            series.missed_told = series.missed

    def restore(self, handovers: list[SliceHandover]) -> None:
        """Takes up what an earlier life left."""
        for handover in handovers:
            self._wait_for_answer(handover)
        self._announce()

    def restore_open(self, opened: Opened, series: Series) -> None:
        """A slice that was open when an earlier life was cut off: its pictures are no longer with us."""
        if opened.event not in self._waiting:
            self._hand_over(opened.handover(self._camera, series.missed, series.summary()))
            series.missed_told = series.missed

    def answered(self, event: str) -> None:
        """The archiver has spoken: the slice is no longer ours."""
        if self._waiting.pop(event, None):
            self._kept.release(event)
            self.settled.append(event)
            self._again.reset()
            self._say_s = float("-inf")
            self._announce()

    def step(self, now_s: float) -> None:
        """Says the oldest handover while somebody can hear it, again and again."""
        if self._waiting and self._link.connected and now_s >= self._say_s:
            self._say_s = now_s + self._again.next()
            event, waiting = next(iter(self._waiting.items()))
            self._link.send(self._topics.handover(self._camera, event), waiting.payload)

    def _open(self, series: Series, time: datetime, now_s: float) -> Opened:
        event = f"{time.astimezone(UTC):%Y%m%dT%H%M%SZ}-{self._new_suffix()}"
        opened = Opened(
            event=event,
            experiment=series.name,
            prefix=series.prefix,
            interval_s=series.interval_s,
            started=time,
            ended=time,
            since_s=now_s,
            missed_before=series.missed_told,
        )
        self._opened[series.name] = opened
        self._announce()  # before its first picture: the archiver is to know where it goes
        return opened

    def _hand_over(self, handover: SliceHandover) -> None:
        self._wait_for_answer(handover)
        self.closed.append(handover)
        self._announce()

    def _wait_for_answer(self, handover: SliceHandover) -> None:
        place = OpenSlice(
            event=handover.event, experiment=handover.slice.experiment, prefix=handover.slice.prefix
        )
        self._waiting[handover.event] = _Waiting(place, handover.payload())
        while len(self._waiting) > MOST_WAITING:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            self._kept.release(oldest)
            self.settled.append(oldest)
            log.warning("%s: nobody has archived the slice %s, and it is given up", self._camera, oldest)

    def _announce(self) -> None:
        self.revision += 1
        places = [each.place for each in self._waiting.values()]
        places += [
            OpenSlice(event=each.event, experiment=each.experiment, prefix=each.prefix)
            for each in self._opened.values()
        ]
        with_prefix = OpenSlices(slices=[place for place in places if place.prefix])
        self._link.hold(self._topics.camera(self._camera, leaf.SLICES), with_prefix.payload())
