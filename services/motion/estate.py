"""Events of cameras that are not watched here any more, kept until the archiver has answered for them."""

import threading
import time
from datetime import timedelta

from services.contract.events import EventMessage
from services.contract.handover import Resend, Resent
from services.contract.topics import Topics
from services.motion.custody import Custody
from services.motion.memory import EventMemory, closed_before
from services.motion.voice import Voice
from services.runtime.mqtt import Link

STEP_S = 0.1


class Estate:
    """What is still owed for cameras that another replica watches now, or that left the configuration.

    It is said over the service's own link, since the camera's session is another's. Thread-safe.
    """

    def __init__(self, topics: Topics, control: Link, memory: EventMemory) -> None:
        self._topics = topics
        self._control = control
        self._memory = memory
        self._custodies: list[tuple[str, Custody]] = []
        self._lock = threading.Lock()

    def inherit(self, camera: str, custody: Custody) -> None:
        """The camera's own thread and link have ended."""
        custody.move(self._control)
        with self._lock:
            self._custodies.append((camera, custody))

    def take_up(self, watched: set[str]) -> None:
        """What an earlier life of ours left of cameras that are not to be watched here now."""
        for camera in self._memory.cameras() - watched:
            ended, left_open = self._memory.left_over(camera)
            closed = [closed_before(each, None, timedelta()) for each in left_open]
            for each in closed:
                self._memory.ended(each)
                Voice(camera, self._topics, self._control, self._control).closed(each)
            if ended or closed:
                custody = Custody(camera, self._topics, link=self._control, memory=self._memory, max_bytes=0)
                custody.restore([*ended, *closed])
                with self._lock:
                    self._custodies.append((camera, custody))

    def has(self, event: str) -> bool:
        """Whether it is owed here, so that whoever watches the camera again need not care."""
        with self._lock:
            return any(event in custody for _, custody in self._custodies)

    def run(self, stop: threading.Event) -> None:
        """Says what is owed again and again, until `stop`."""
        while not stop.wait(STEP_S if self._custodies else 10 * STEP_S):
            self.step(time.monotonic())

    def step(self, now_s: float) -> None:
        with self._lock:
            for _, custody in self._custodies:
                custody.step(now_s)
            self._custodies = [each for each in self._custodies if len(each[1])]

    # -- what arrives ------------------------------------------------------------------------------------

    def answered(self, message: EventMessage) -> None:
        with self._lock:
            for custody in self._of(message.camera):
                custody.answered(message.event or "")

    def ask(self, camera: str, request: Resend) -> bool:
        """Whether the event is owed here, and so answered from here."""
        with self._lock:
            for custody in self._of(camera):
                if request.wanted_for in custody:
                    custody.ask(request, lambda _session, _number: None)
                    return True
        return False

    def resent(self, camera: str, answer: Resent) -> None:
        with self._lock:
            for custody in self._of(camera):
                custody.resent(answer)

    def _of(self, camera: str) -> list[Custody]:
        return [custody for name, custody in self._custodies if name == camera]
