"""An experiment as capture tells of it, for tests of those who show it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.contract.experiments import Experiment, ExperimentSummary, Spread

BEGAN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def summary(*, taken: int = 61, ended: bool = False, missed: int = 0, **experiment: Any) -> ExperimentSummary:
    """Ten minutes of `leaves`, every 10 s."""
    settings = Experiment.model_validate({"name": "leaves", "interval_s": 10, **experiment})
    return ExperimentSummary(
        camera="door",
        experiment=settings,
        started=BEGAN,
        ended=BEGAN + timedelta(minutes=10) if ended else None,
        pictures=taken,
        missed=missed,
        bytes=3_000_000,
        intervals=Spread(count=60, mean_s=10.0004, sd_s=0.0021, worst_s=9.987),
        off=Spread(count=61, mean_s=0.001, sd_s=0.002, worst_s=0.013),
    )
