"""An ended event whose frames are with us, but not all of them in the store: it is closed later."""

from services.contract.archive import StoredFrame
from services.contract.handover import Handover
from services.contract.message import Message


class Waiting(Message):
    """The handover that motion has forgotten since, and what was known of the event's frames then."""

    handover: Handover
    stored: list[StoredFrame]
    failed: list[tuple[str, int, str]]  # session, sequence, and why it was given up

    @property
    def event(self) -> tuple[str, str]:
        return self.handover.camera, self.handover.event
