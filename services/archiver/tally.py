"""The archiver's account: what it did with each camera's frames."""

import threading
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from services.contract.status import ArchiverStats


class Tally:
    """Counts per camera of the configuration; what others send is not counted. Thread-safe."""

    def __init__(self, cameras: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {camera: Counter() for camera in cameras}

    def count(self, camera: str, **changes: int) -> None:
        with self._lock:
            if camera in self._counts:
                self._counts[camera].update(changes)

    def account(self) -> dict[str, ArchiverStats]:
        now = datetime.now(UTC)
        keys = ArchiverStats.model_fields.keys() - {"time"}
        with self._lock:
            return {
                camera: ArchiverStats(time=now, **{key: count[key] for key in keys})
                for camera, count in self._counts.items()
            }
