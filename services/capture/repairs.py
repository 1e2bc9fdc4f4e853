"""Gives frames again that somebody misses, at most two old ones for each live one."""

import threading
from collections import deque
from collections.abc import Callable

from pydantic import TypeAdapter

from services.contract import topics as leaf
from services.contract.handover import Resend, Resent, ranges
from services.contract.message import EventId
from services.contract.topics import Topics

#: The most numbers that one request brings; what is beyond is asked for again by whoever misses it.
MOST_NUMBERS = 2000
PER_LIVE_FRAME = 2

_EVENT_ID: TypeAdapter[str] = TypeAdapter(EventId)


class Repairs:
    """The numbers of one camera that were asked for and not yet given. Thread-safe."""

    def __init__(self, camera: str, session: str, topics: Topics, get: Callable[[int], bytes | None]) -> None:
        self._camera = camera
        self._session = session
        self._topics = topics
        self._get = get
        self._due: deque[tuple[str, int]] = deque()
        self._lock = threading.Lock()
        self.given = 0

    def ask(self, request: Resend) -> Resent | None:
        """Takes a request up; the answer names what is gone for good, None where all of it comes.

        Raises ValueError where it is wanted for neither `live` nor an event.
        """
        topic = self._topic(request.wanted_for)
        numbers = request.numbers(MOST_NUMBERS)
        ours = request.session == self._session  # else a capture before this one took them along
        here = [number for number in numbers if ours and self._get(number)]
        with self._lock:
            waiting = set(self._due)
            self._due.extend((topic, number) for number in here if (topic, number) not in waiting)
        gone = sorted(set(numbers) - set(here))
        if not gone:
            return None
        return Resent(session=request.session, gone=ranges(gone), wanted_for=request.wanted_for, by="capture")

    @property
    def due(self) -> bool:
        """Whether there are frames to publish."""
        return bool(self._due)

    def next(self, most: int = PER_LIVE_FRAME) -> list[tuple[str, bytes]]:
        """The next frames to publish, each with its topic."""
        if not self.due:
            return []
        found: list[tuple[str, bytes]] = []
        with self._lock:
            while self._due and len(found) < most:
                topic, number = self._due.popleft()
                if jpeg := self._get(number):
                    found.append((topic, jpeg))
            self.given += len(found)
        return found

    def _topic(self, wanted_for: str) -> str:
        if wanted_for == leaf.LIVE:
            return self._topics.frames(self._camera, leaf.REPAIR)
        return self._topics.event_frames(self._camera, _EVENT_ID.validate_python(wanted_for))
