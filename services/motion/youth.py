"""Since when a camera's detector may have overlooked something, also where motion died in the meantime.

A detector that has just begun may have begun with a picture of what already moves. Where motion is killed
before it notices, the next life's detector knows nothing of those pictures; so that they can be pre-roll all
the same, the beginning is remembered on disk until a detector has grown up.
"""

from datetime import datetime, timedelta

from services.motion.memory import EventMemory

#: What an earlier life overlooked so long ago does not move any more, or capture no longer has it.
TOO_LONG_AGO = timedelta(seconds=20)


class Youth:
    """Of one camera's detector."""

    def __init__(self, camera: str, memory: EventMemory) -> None:
        self._camera, self._memory = camera, memory
        self._began: datetime | None = None
        self._since: datetime | None = None

    def since(self, began: datetime | None) -> datetime | None:
        """Since when something may be overlooked; `began`: the detector's first picture while it is young."""
        if began != self._began:
            self._began = began
            self._since = self._oldest(began) if began else None
            self._memory.young(self._camera, self._since)
        return self._since

    def _oldest(self, began: datetime) -> datetime:
        """An earlier life's beginning, where no detector has grown up since."""
        left = self._memory.young_since(self._camera)
        return left if left and timedelta() <= began - left <= TOO_LONG_AGO else began
