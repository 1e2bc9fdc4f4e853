"""What somebody asks for, as JSON or from a form, made into what `…/set` takes."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.contract.controls import Control, Refused
from services.contract.experiments import LONGEST_S, SHORTEST_S, Experiment

#: What each field takes, for who filled it in.
FIELDS = {
    "name": "the name takes a-z, 0-9, - and _, at most 63 of them, as in leaves",
    "interval_s": f"the interval is from {SHORTEST_S:g} s to {LONGEST_S / 86400:.0f} days",
    "pictures": "the number of pictures is a whole number from 1",
    "start": "the start is a time, as in 2026-11-21T18:00:00Z",
    "until": "the end is a time, as in 2026-11-21T18:00:00Z",
}


class NotAsked(ValueError):
    """It cannot be asked for; the text is a sentence that says what can."""


def experiment_asked(
    given: Mapping[str, Any], configured: Sequence[Experiment], now: datetime
) -> tuple[str, bytes]:
    """Its name and what starts it: a name alone means a configured one. Raises `NotAsked`."""
    if set(given) == {"name"}:
        names = [experiment.name for experiment in configured]
        if given["name"] in names:
            return given["name"], given["name"].encode()
        known = f"there are {', '.join(names)}; one" if names else "one"
        raise NotAsked(
            f"no experiment {given['name']!r:.70} is configured: {known} of your own has an interval_s"
        )
    try:
        experiment = Experiment.model_validate(dict(given))
    except ValidationError as invalid:
        raise NotAsked("; ".join(_words(error) for error in invalid.errors(include_url=False))) from None
    if experiment.until and experiment.until <= now:
        raise NotAsked("the end is over already")
    return experiment.name, experiment.model_dump_json(exclude_defaults=True).encode()


def value_asked(value: object, control: Control) -> str:
    """What a setting takes, as text. Raises `NotAsked`."""
    if not isinstance(value, bool | int | float | str | dict | None):
        raise NotAsked(f"{control.name} takes one value")
    text = _text(value)
    try:
        control.read(text)
    except Refused as refused:
        raise NotAsked(f"{control.name} {refused}") from None
    return text


def _text(value: bool | float | str | dict[str, Any] | None) -> str:
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    if isinstance(value, dict):
        return json.dumps(value)
    return "" if value is None else str(value)


# -- forms -------------------------------------------------------------------------------------------------


def experiment_of_form(form: Mapping[str, str]) -> dict[str, Any]:
    """The fields of our form; what was left empty is not there. Raises `NotAsked`."""
    given: dict[str, Any] = {
        name: form[name].strip()
        for name in ("name", "prefix", "pictures", "until")
        if form.get(name, "").strip()
    }
    if "every" in form:
        given["interval_s"] = seconds_of_form(form)
    if "until" in given:
        given["until"] = _moment(given["until"])
    return given


def seconds_of_form(form: Mapping[str, str]) -> float:
    """A number with a unit beside it. Raises `NotAsked`."""
    try:
        return float(form["every"]) * float(form.get("unit", "1"))
    except ValueError:
        raise NotAsked(FIELDS["interval_s"]) from None


def _moment(text: str) -> str:
    """Browsers know no time zone: what people write is in the one that our pages show, the server's."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise NotAsked(FIELDS["until"]) from None


def _words(error: ErrorDetails) -> str:
    field = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return f"an experiment has no {field!r:.70}"
    if error["type"] == "value_error":
        about = f"the {field} " if field else ""
        return about + error["msg"].removeprefix("Value error, ")
    return FIELDS.get(field, f"{field}: {error['msg']}")
