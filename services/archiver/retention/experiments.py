"""Experiments that say for how long they are to be kept; all others stay for good."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from pydantic import ValidationError

from services.contract.archive_keys import KeyLayout
from services.contract.experiments import ExperimentSummary, layout_of
from services.store import NotStored, Store

HOME = "experiments/"


def with_an_end(store: Store, prefixes: Iterable[str]) -> Iterator[tuple[KeyLayout, str, timedelta]]:
    """Layout, camera and greatest age of each; the last summary beside the pictures says it.

    `prefixes` are those of the configuration; what is below `experiments/` is found. Raises StoreUnavailable.
    """
    found = {folder.rstrip("/") for folder in store.list_folders(HOME)}
    for prefix in sorted({*found, *prefixes}):
        for folder in store.list_folders(f"{prefix}/"):
            summary = _last_summary(store, folder)
            if summary and summary.experiment.keep_days is not None:
                yield layout_of(prefix), summary.camera, timedelta(days=summary.experiment.keep_days)


def _last_summary(store: Store, folder: str) -> ExperimentSummary | None:
    keys = [each.key for each in store.list(f"{folder}summary-", recursive=False)]
    try:
        return ExperimentSummary.model_validate_json(store.get(keys[-1])) if keys else None
    except (NotStored, ValidationError):
        return None
