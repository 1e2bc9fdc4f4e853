"""What `…/experiment/set` takes: the name of a configured experiment, one as JSON, or nothing.

And the two words of a switch: `OFF` ends what runs, `ON` begins the last one again, or the first configured.
"""

from collections.abc import Sequence

from pydantic import ValidationError

from services.contract.controls import Refused
from services.contract.experiments import Experiment
from services.contract.status import OFF, ON


def read_request(
    text: str, configured: Sequence[Experiment], last: Experiment | None = None
) -> Experiment | None:
    """The experiment that is to run; None: none. Raises `Refused` with what it takes."""
    text = text.strip()
    if text in ("", OFF):
        return None
    if text == ON:
        return _once_more(configured, last)
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


def _once_more(configured: Sequence[Experiment], last: Experiment | None) -> Experiment:
    """Without its dates, which may be over."""
    if last:
        return last.model_copy(update={"start": None, "until": None})
    if configured:
        return configured[0]
    raise Refused(
        "has none to begin again: none has run, and none is configured; send a name, or one as JSON"
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
