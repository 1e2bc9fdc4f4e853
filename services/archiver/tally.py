"""The archiver's account: what it did with each camera's frames."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from services.contract.status import ArchiverStats


class Tally:
    """Counts per camera of the configuration; what others send is not counted. Thread-safe."""

    def __init__(self, cameras: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {camera: Counter() for camera in cameras}
        self._not_ours: Counter[str] = Counter()  # bytes in the archive that this life has not stored

    def count(self, camera: str, **changes: int) -> None:
        with self._lock:
            if camera in self._counts:
                self._counts[camera].update(changes)

    def take(self, cameras: Iterable[str]) -> None:
        """Other cameras; the counts of those that stay go on."""
        with self._lock:
            self._counts = {camera: self._counts.get(camera, Counter()) for camera in cameras}

    def account(
        self,
        waiting: Callable[[str], int] = lambda _camera: 0,
        in_spool: Callable[[str], int] = lambda _camera: 0,
        *,
        spool_filled: float = 0.0,
        paused: bool = False,
    ) -> dict[str, ArchiverStats]:
        """What was counted, and how many of a camera's frames wait with us and in the spool now."""
        now = datetime.now(UTC)
        keys = ArchiverStats.model_fields.keys() - {
            "time",
            "waiting",
            "in_spool",
            "spool_filled",
            "paused",
            "archive_bytes",
        }
        with self._lock:
            counts = {camera: {key: count[key] for key in keys} for camera, count in self._counts.items()}
            not_ours = dict(self._not_ours)
        return {
            camera: ArchiverStats(
                time=now,
                waiting=waiting(camera),
                in_spool=in_spool(camera),
                spool_filled=round(spool_filled, 3),
                paused=int(paused),
                archive_bytes=max(0, not_ours.get(camera, 0) + count["stored_bytes"]),
                **count,
            )
            for camera, count in counts.items()
        }

    # -- the size of the archive -------------------------------------------------------------------------

    def cameras(self) -> list[str]:
        with self._lock:
            return list(self._counts)

    @property
    def deleted(self) -> int:
        """Events that retention has deleted."""
        with self._lock:
            return sum(counts["deleted_events"] for counts in self._counts.values())

    def stored_bytes(self, camera: str) -> int:
        with self._lock:
            return self._counts[camera]["stored_bytes"] if camera in self._counts else 0

    def measured(self, camera: str, size: int, stored_before: int) -> None:
        """The archive had so many bytes of the camera when we had stored so many since our start."""
        with self._lock:
            self._not_ours[camera] = size - stored_before
