import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.contract.controls import CONTROLS
from services.contract.experiments import Experiment
from services.gateway.controls.request import (
    NotAsked,
    experiment_asked,
    experiment_of_form,
    seconds_of_form,
    value_asked,
)

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
CONFIGURED = [Experiment(name="leaves", interval_s=10), Experiment(name="night", interval_s=60)]
CONTROL = {control.name: control for control in CONTROLS}


def refusal(given: dict[str, Any], configured: list[Experiment] = CONFIGURED) -> str:
    with pytest.raises(NotAsked) as caught:
        experiment_asked(given, configured, NOW)
    return str(caught.value)


def test_a_name_alone_starts_what_is_configured() -> None:
    assert experiment_asked({"name": "leaves"}, CONFIGURED, NOW) == ("leaves", b"leaves")


def test_one_of_ones_own_travels_as_json_without_what_is_not_said() -> None:
    name, payload = experiment_asked({"name": "fern", "interval_s": 0.5, "pictures": 9}, CONFIGURED, NOW)
    assert (name, json.loads(payload)) == ("fern", {"name": "fern", "interval_s": 0.5, "pictures": 9})
    assert Experiment.model_validate_json(payload).pictures == 9


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"name": "fern"},
            "no experiment 'fern' is configured: there are leaves, night; one of your own has an interval_s",
        ),
        (
            {"name": "Fern", "interval_s": 10},
            "the name takes a-z, 0-9, - and _, at most 63 of them, as in leaves",
        ),
        ({"name": "fern", "interval_s": 0.05}, "the interval is from 0.1 s to 30 days"),
        ({"name": "fern", "interval_s": "soon"}, "the interval is from 0.1 s to 30 days"),
        ({"interval_s": 10}, "the name takes a-z, 0-9, - and _, at most 63 of them, as in leaves"),
        ({}, "the name takes a-z, 0-9, - and _, at most 63 of them, as in leaves; the interval is from"),
        ({"name": "fern", "interval_s": 1, "pictures": 0}, "the number of pictures is a whole number from 1"),
        ({"name": "fern", "interval_s": 1, "until": "x"}, "the end is a time, as in 2026-11-21T18:00:00Z"),
        ({"name": "fern", "interval_s": 1, "until": "2026-11-20T08:30:00Z"}, "the end is over already"),
        (
            {"name": "f", "interval_s": 1, "start": "2027-01-02T00:00:00Z", "until": "2027-01-01T00:00:00Z"},
            "its until is not after its start",
        ),
        ({"name": "fern", "interval_s": 1, "prefix": "../x"}, "the prefix cannot be '../x': between its"),
        ({"name": "fern", "interval_s": 1, "every": 2}, "an experiment has no 'every'"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(given: dict[str, Any], sentence: str) -> None:
    assert refusal(given).startswith(sentence)


def test_where_nothing_is_configured_one_needs_an_interval() -> None:
    assert refusal({"name": "x"}, []) == "no experiment 'x' is configured: one of your own has an interval_s"


def test_a_form_is_an_experiment_without_what_was_left_empty() -> None:
    form = {"name": " fern ", "every": "1.5", "unit": "60", "until": "", "pictures": "", "prefix": " "}
    assert experiment_of_form(form) == {"name": "fern", "interval_s": 90.0}
    assert experiment_of_form({"name": "leaves"}) == {"name": "leaves"}


def test_the_end_in_a_form_is_in_the_servers_time_zone() -> None:
    given = experiment_of_form({"name": "fern", "every": "1", "until": "2026-11-21T18:00"})
    here = datetime.fromisoformat("2026-11-21T18:00").astimezone()
    assert datetime.fromisoformat(given["until"]) == here


@pytest.mark.parametrize("form", [{"every": ""}, {"every": "often"}, {"every": "1", "unit": "moons"}])
def test_an_interval_that_is_no_number_is_refused_in_words(form: dict[str, str]) -> None:
    with pytest.raises(NotAsked, match=r"^the interval is from 0\.1 s to 30 days$"):
        seconds_of_form(form)


def test_an_end_that_is_no_time_is_refused_in_words() -> None:
    with pytest.raises(NotAsked, match=r"^the end is a time, "):
        experiment_of_form({"name": "fern", "every": "1", "until": "tomorrow"})


@pytest.mark.parametrize(
    ("setting", "value", "text"),
    [
        ("enabled", True, "ON"),
        ("enabled", False, "OFF"),
        ("enabled", "OFF", "OFF"),
        ("interval", 10, "10"),
        ("interval", 0.5, "0.5"),
        ("interval", "0", "0"),
        ("sensitivity", 70, "70"),
        ("threshold", None, ""),
    ],
)
def test_a_value_travels_as_text(setting: str, value: object, text: str) -> None:
    assert value_asked(value, CONTROL[setting]) == text


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("enabled", "on", "enabled takes ON or OFF, not 'on'"),
        ("enabled", 1, "enabled takes ON or OFF, not '1'"),
        ("interval", 0.01, "interval takes 0, or a number from 0.1 to 2592000, not '0.01'"),
        ("interval", float("nan"), "interval takes 0, or a number from 0.1 to 2592000, not 'nan'"),
        ("interval", None, "interval takes 0, or a number from 0.1 to 2592000, not ''"),
        ("interval", [10], "interval takes one value"),
        ("interval", ..., "interval takes one value"),
    ],
)
def test_a_value_that_its_service_would_refuse_is_refused_at_once(
    setting: str, value: object, sentence: str
) -> None:
    with pytest.raises(NotAsked) as caught:
        value_asked(value, CONTROL[setting])
    assert str(caught.value) == sentence
