"""Why each event is one, as far as it was said before its end: it stands beside its frames in the store."""

import sys
import threading

from pydantic import ValidationError

from services.archiver.lately import Lately
from services.archiver.restored import frame_metadata
from services.contract.events import EventMessage
from services.contract.frame import FrameId
from services.contract.handover import Handover
from services.runtime.mqtt import Delivery

#: Events of each camera that are remembered, for frames that come late.
MOST_EVENTS = 64


class Reasons:
    """Thread-safe. A reason is said on another topic than the frames, so the first of them may be earlier."""

    def __init__(self) -> None:
        self._reasons: dict[str, Lately[str]] = {}
        self._last: dict[str, str] = {}
        self._lock = threading.Lock()

    def take_event(self, delivery: Delivery) -> None:
        try:
            message = EventMessage.model_validate_json(delivery.payload)
        except ValidationError:
            return  # others complain of it
        if message.event and message.reason:
            self._know(message.camera, message.event, message.reason)

    def last_event(self, camera: str) -> str | None:
        """The camera's last event that we have heard of."""
        return self._last.get(camera)

    def settle(self, handover: Handover) -> None:
        self._know(handover.camera, handover.event, handover.reason)

    def metadata(self, frame: FrameId, event: str, sha256: str) -> dict[str, str]:
        """What stands beside a frame of the event; the store need not count its checksum again."""
        with self._lock:
            known = self._reasons.get(frame.camera)
            reason = known.get(frame.camera, event) if known else None
        return frame_metadata(frame, event, reason or "", sha256)

    def _know(self, camera: str, event: str, reason: str) -> None:
        with self._lock:
            self._last[camera] = max(event, self._last.get(camera, ""))
            known = self._reasons.setdefault(camera, Lately[str](MOST_EVENTS))
            known.put(camera, event, sys.intern(reason))  # few words, said of many events
