from datetime import timedelta
from typing import Any

import pytest

from services.contract.experiments import ExperimentSummary, Spread
from services.gateway.live.camera import CameraState
from services.gateway.pages.progress import Progress, progress
from tests.unit.gateway.experiments import BEGAN, summary

NOW = BEGAN + timedelta(minutes=10)


def state(said: ExperimentSummary | None, running: str = "") -> CameraState:
    return CameraState("door", "Door", experiment=said, settings={"experiment": running})


def stands(running: str = "leaves", **experiment: Any) -> Progress:
    found = progress(state(summary(**experiment), running), NOW)
    assert found is not None
    return found


def test_where_none_has_run_there_is_nothing_to_show() -> None:
    assert progress(state(None), NOW) is None
    assert progress(CameraState("door", "Door"), NOW) is None


def test_one_that_has_only_just_begun_is_not_shown_with_the_figures_of_another() -> None:
    for known in (None, summary(name="other"), summary(ended=True)):
        found = progress(state(known, "leaves"), NOW)
        assert found == Progress("leaves", running=True, summary=None)
        assert found.figures == []


def test_the_last_one_stays_to_be_seen() -> None:
    found = stands(running="", ended=True)
    assert (found.name, found.running, found.ends, found.done) == ("leaves", False, None, None)


def test_the_figures_are_for_people() -> None:
    assert stands(missed=2).figures == [
        ("Pictures", "61", False),
        ("Missed", "2", True),
        ("Interval error, mean", "+400 µs", False),
        ("Its deviation", "± 2.1 ms", False),
        ("Its worst", "\N{MINUS SIGN}13 ms", False),
        ("Furthest off schedule", "+13 ms", False),
    ]


def test_one_picture_has_no_interval_yet() -> None:
    first = summary(taken=1).model_copy(update={"intervals": Spread(count=0)})
    found = progress(state(first, "leaves"), NOW)
    assert found is not None
    assert [much for _, much, _ in found.figures][2:5] == ["\N{EN DASH}"] * 3


@pytest.mark.parametrize(
    ("experiment", "ends", "about", "done"),
    [
        ({}, None, False, None),
        ({"until": BEGAN + timedelta(minutes=40)}, BEGAN + timedelta(minutes=40), False, 0.25),
        ({"pictures": 122}, NOW + timedelta(seconds=610), True, 0.5),
        ({"pictures": 122, "until": NOW + timedelta(minutes=5)}, NOW + timedelta(minutes=5), False, 10 / 15),
        ({"pictures": 122, "until": NOW + timedelta(hours=5)}, NOW + timedelta(seconds=610), True, 0.5),
        ({"until": NOW - timedelta(minutes=1)}, NOW - timedelta(minutes=1), False, 1.0),
        ({"pictures": 10**12}, None, False, pytest.approx(0, abs=1e-6)),
    ],
)
def test_the_end_is_told_as_far_as_it_is_known(
    experiment: dict[str, Any], ends: object, about: bool, done: object
) -> None:
    found = stands(**experiment)
    assert (found.ends, found.about, found.done) == (ends, about, done)
