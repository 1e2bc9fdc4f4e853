"""A subscriber that notes, over hours and through every fault, what the account of a long run needs."""

from collections import defaultdict
from typing import Any

import paho.mqtt.client as mqtt

from benchmarks.lasting.account import CameraBook
from services.contract.events import ENDS, EventMessage
from services.contract.frame import identify
from services.contract.handover import Handover
from services.contract.status import CaptureStats, MotionStats
from services.contract.topics import ANY
from tests.faults.witness import Witness

_EVENT = "event/"
_HANDOVER = "handover/"


class Notary(Witness):
    """Keeps a book of each camera, and what motion said last."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.books: dict[str, CameraBook] = defaultdict(CameraBook)

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        topics = self._topics
        client.subscribe(
            [
                (topics.frames(ANY, "live"), 1),
                (topics.event_frames(ANY, ANY), 1),
                (topics.camera(ANY, "event"), 1),
                (topics.handover(ANY, ANY), 1),
                (topics.stats(ANY, "capture"), 0),
                (topics.stats(ANY, "motion"), 0),
            ]
        )

    def _received(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        camera, name = self._topics.split(message.topic) or ("", "")
        book = self.books[camera]
        if not payload:
            return
        if name == "live":
            self._frame(book, payload)
        elif name.startswith(_EVENT) and message.topic.startswith(f"{self._topics.prefix}-frames/"):
            if number := self._frame(book, payload):
                book.belongs(name.removeprefix(_EVENT), [number])
        elif name.startswith(_HANDOVER):
            handover = Handover.model_validate_json(payload)
            book.belongs(handover.event, [(frame.session, frame.sequence) for frame in handover.frames])
        elif name == "event":
            event = EventMessage.model_validate_json(payload)
            if event.event_type in ENDS and event.event:
                book.answered(event.event, event.event_type.value)
        else:
            self._statistics(camera, name, payload)

    @staticmethod
    def _frame(book: CameraBook, payload: bytes) -> tuple[str, int] | None:
        if (frame := identify(payload)) is None:
            return None
        number = frame.session_hex, frame.sequence
        book.carried(number)
        return number

    def _statistics(self, camera: str, name: str, payload: bytes) -> None:
        if name == "stats/capture":
            capture = CaptureStats.model_validate_json(payload)
            self.books[camera].numbered(capture.session, capture.last_sequence)
        elif name == "stats/motion":
            motion = MotionStats.model_validate_json(payload)
            self.analysed[camera], self.open[camera] = motion.analysed, motion.open_handovers
