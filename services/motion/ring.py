"""Frames kept in memory: the last seconds of a camera, and an event's until they are archived."""

from bisect import bisect_left, insort
from collections import OrderedDict
from datetime import datetime, timedelta

from services.contract.frame import Frame, FrameId


def _order(frame: Frame) -> tuple[datetime, int]:
    return frame.id.time, frame.id.sequence


def _number(frame_id: FrameId) -> tuple[int, int]:
    return frame_id.session, frame_id.sequence


class Ring:
    """A camera's frames of the last `seconds`, in order of capture, of no more than `max_bytes`."""

    def __init__(self, seconds: float, max_bytes: int) -> None:
        self.seconds = seconds
        self.max_bytes = max_bytes
        self.bytes = 0
        self._frames: list[Frame] = []
        self._by_number: dict[tuple[int, int], Frame] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: Frame) -> None:
        """A live frame, newer than all others; where the clock was set back, the others are dropped."""
        if self._frames and frame.id.time < self._oldest_kept():
            self._drop(len(self._frames))
        self.repair(frame)

    def repair(self, frame: Frame) -> None:
        """A frame that comes late takes its place among the others; one that is there changes nothing."""
        if _number(frame.id) in self._by_number:
            return
        if not self._frames or _order(frame) > _order(self._frames[-1]):
            self._frames.append(frame)
        else:
            insort(self._frames, frame, key=_order)
        self._by_number[_number(frame.id)] = frame
        self.bytes += len(frame.jpeg)
        self._trim()

    def since(self, time: datetime) -> list[Frame]:
        """The frames captured at `time` or later."""
        return self._frames[bisect_left(self._frames, time, key=lambda frame: frame.id.time) :]

    def get(self, session: int, sequence: int) -> Frame | None:
        return self._by_number.get((session, sequence))

    def _oldest_kept(self) -> datetime:
        return self._frames[-1].id.time - timedelta(seconds=self.seconds)

    def _trim(self) -> None:
        oldest, drop = self._oldest_kept(), 0
        while self._frames[drop].id.time < oldest:  # mostly one, and the newest never
            drop += 1
        size = self.bytes - sum(len(frame.jpeg) for frame in self._frames[:drop])
        while size > self.max_bytes and drop < len(self._frames):
            size -= len(self._frames[drop].jpeg)
            drop += 1
        self._drop(drop)

    def _drop(self, count: int) -> None:
        for frame in self._frames[:count]:
            del self._by_number[_number(frame.id)]
            self.bytes -= len(frame.jpeg)
        del self._frames[:count]


class EventFrames:
    """Events' frames until they are released, of no more than `max_bytes` in all.

    What an event consists of is remembered although its pictures had to be dropped.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._ids: dict[str, dict[tuple[int, int], FrameId]] = {}
        self._pictures: dict[str, OrderedDict[tuple[int, int], bytes]] = {}

    @property
    def events(self) -> list[str]:
        """The events that are not released yet, oldest first."""
        return list(self._ids)

    def add(self, event: str, frame: Frame) -> list[tuple[str, FrameId]]:
        """Keeps a frame and answers with what had to be dropped for it, the oldest event's oldest first."""
        ids = self._ids.setdefault(event, {})
        pictures = self._pictures.setdefault(event, OrderedDict())
        number = _number(frame.id)
        if number not in pictures:
            ids[number] = frame.id
            pictures[number] = frame.jpeg
            self.bytes += len(frame.jpeg)
        return self._evict()

    def get(self, event: str, session: int, sequence: int) -> Frame | None:
        """A frame of the event; None where it has none of that number, or its picture was dropped."""
        number = session, sequence
        pictures = self._pictures.get(event)
        if pictures is None or number not in pictures:
            return None
        return Frame(self._ids[event][number], pictures[number])

    def frames(self, event: str) -> list[FrameId]:
        """All frames of the event in order of capture, repairs in their place."""
        return sorted(self._ids.get(event, {}).values(), key=lambda one: (one.time, one.sequence))

    def release(self, event: str) -> None:
        """The event is archived, or will never be."""
        self._ids.pop(event, None)
        self.bytes -= sum(map(len, self._pictures.pop(event, {}).values()))

    def _evict(self) -> list[tuple[str, FrameId]]:
        dropped = []
        for event, pictures in self._pictures.items():
            while pictures and self.bytes > self.max_bytes:
                number, jpeg = pictures.popitem(last=False)
                self.bytes -= len(jpeg)
                dropped.append((event, self._ids[event][number]))
        return dropped
