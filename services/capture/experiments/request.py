"""What `…/experiment/set` takes: the name of a configured experiment, one as JSON, or nothing."""

from collections.abc import Sequence

from pydantic import ValidationError

from services.contract.controls import Refused
from services.contract.experiments import Experiment


def read_request(text: str, configured: Sequence[Experiment]) -> Experiment | None:
    """The experiment that is to run; None: none. Raises `Refused` with what it takes."""
    text = text.strip()
    if not text:
        return None
    if text.startswith("{"):
        return _from_json(text)
    for experiment in configured:
        if experiment.name == text:
            return experiment
    names = ", ".join(experiment.name for experiment in configured) or "none is configured"
    raise Refused(
        f"takes a configured experiment ({names}), one as JSON, such as "
        f'{{"name": "leaves", "interval_s": 10}}, or nothing, not \'{text:.40}\''
    )


def _from_json(text: str) -> Experiment:
    try:
        return Experiment.model_validate_json(text)
    except ValidationError as invalid:
        mistakes = [
            f"{'.'.join(map(str, each['loc']))}: {each['msg'].removeprefix('Value error, ')}".lstrip(": ")
            for each in invalid.errors(include_url=False)
        ]
        raise Refused(f"was not understood: {'; '.join(mistakes)}") from None
