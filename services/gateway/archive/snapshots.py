"""The best picture of each camera's latest event, which motion holds on MQTT while it is not archived yet."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.contract.frame import FrameId, NotAFrame, identify
from services.gateway.live.happenings import Happening

MAX_BYTES = 8_000_000
#: A picture just before the first that moved may belong to the event, one of the event before does not.
BEFORE = timedelta(seconds=1)


class EventSnapshots:
    """The newest one per camera."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[bytes, datetime]] = {}

    def take(self, camera: str, jpeg: bytes) -> None:
        """What was published; what is no picture, or says no time of its own, is left out."""
        frame = _identity(jpeg) if len(jpeg) <= MAX_BYTES else None
        if frame:
            self._newest[camera] = (jpeg, frame.time)
        else:
            self._newest.pop(camera, None)

    def of(self, event: str, happenings: Iterable[Happening]) -> tuple[bytes, datetime] | None:
        """The picture of an event that goes on or was just now, and when it was taken."""
        for happening in happenings:
            known = self._newest.get(happening.camera)
            if happening.event == event and known and known[1] >= happening.started - BEFORE:
                return known
        return None


def _identity(jpeg: bytes) -> FrameId | None:
    try:
        return identify(jpeg)
    except NotAFrame:
        return None
