"""The summary of an experiment beside its pictures: always the last word on its run."""

import threading
from datetime import datetime

from pydantic import ValidationError

from services.archiver.uploads import Uploads
from services.contract.experiments import ExperimentSummary, summary_key
from services.store import NotStored


class Summaries:
    """Writes each run's summary to its one place. Thread-safe."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads
        self._lock = threading.Lock()  # what is compared is not replaced meanwhile

    def keep(self, summary: ExperimentSummary) -> None:
        """Returns when it is stored, or a newer one was already there: handovers may come twice, and late.

        Raises `StoreRejected`, or `Stopped` at the end of the service.
        """
        key = summary_key(summary)
        content = summary.model_dump_json(indent=1, exclude_none=True).encode()
        metadata = {"camera": summary.camera, "experiment": summary.experiment.name}
        with self._lock:
            kept = self._kept(key)
            if kept is None or _progress(kept) <= _progress(summary):
                self._uploads.put(key, content, "application/json", metadata)

    def _kept(self, key: str) -> ExperimentSummary | None:
        try:
            content = self._uploads.attempt(lambda: self._uploads.store.get(key))
            return ExperimentSummary.model_validate_json(content)
        except (NotStored, ValidationError):
            return None


def _progress(summary: ExperimentSummary) -> tuple[datetime, int, bool]:
    """How far it is: each deadline is a picture or a missed one, so the sum only grows, over restarts too."""
    return summary.started, summary.pictures + summary.missed, summary.ended is not None
