"""The runs of a camera's experiments that left something in the archive."""

import itertools
from collections.abc import Iterable

from pydantic import ValidationError

from services.contract.experiments import ExperimentSummary
from services.gateway.archive.recent import Recent
from services.store import NotStored, Store

#: Where experiments are kept that name no prefix.
HOME = "experiments/"
MOST_FOLDERS, MOST_RUNS = 200, 20
MAX_REMEMBERED = 500


class Summaries:
    """Finds them, and remembers those of runs that are over."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: Recent[str, ExperimentSummary] = Recent(MAX_REMEMBERED)

    def newest_first(self, camera: str, folders: Iterable[str]) -> list[ExperimentSummary]:
        """The latest runs, in these folders and in those that have the usual place."""
        usual = itertools.islice(self._store.list_folders(HOME), MOST_FOLDERS)
        keys = [
            stored.key
            for folder in sorted({*folders, *(each.rstrip("/") for each in usual)})
            for stored in self._store.list(f"{folder}/{camera}/summary-", recursive=False)
        ]
        latest = sorted(keys, key=lambda key: key.rpartition("/")[2], reverse=True)[:MOST_RUNS]
        return [summary for key in latest if (summary := self._get(key))]

    def _get(self, key: str) -> ExperimentSummary | None:
        if known := self._known.get(key):
            return known
        try:
            summary = ExperimentSummary.model_validate_json(self._store.get(key))
        except (NotStored, ValidationError):  # somebody has tidied up
            return None
        if summary.ended:
            self._known.put(key, summary)
        return summary
