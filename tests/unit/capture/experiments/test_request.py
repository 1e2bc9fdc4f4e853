import pytest

from services.capture.experiments.request import read_request
from services.contract.controls import Refused
from services.contract.experiments import Experiment

LEAVES = Experiment(name="leaves", interval_s=10)
SNOW = Experiment(name="snow", interval_s=3600, prefix="winter/snow")


def refused(text: str) -> str:
    with pytest.raises(Refused) as refusal:
        read_request(text, [LEAVES, SNOW])
    return str(refusal.value)


def test_a_name_means_the_configured_experiment() -> None:
    assert read_request(" snow\n", [LEAVES, SNOW]) == SNOW


@pytest.mark.parametrize("text", ["", " \n"])
def test_nothing_means_none(text: str) -> None:
    assert read_request(text, [LEAVES, SNOW]) is None


def test_a_switch_ends_what_runs_and_begins_the_last_one_again_without_its_dates() -> None:
    dated = Experiment.model_validate(
        {"name": "seeds", "interval_s": 1, "until": "2026-12-01T00:00:00Z", "pictures": 3}
    )
    assert read_request("OFF", [LEAVES]) is None
    assert read_request("ON", [LEAVES, SNOW]) == LEAVES
    again = read_request("ON", [LEAVES], dated)
    assert again == Experiment(name="seeds", interval_s=1, pictures=3)


def test_a_switch_with_nothing_to_begin_is_told_what_to_send() -> None:
    with pytest.raises(Refused, match="has none to begin again: none has run, and none is configured"):
        read_request("ON", [])


def test_json_means_itself() -> None:
    text = '{"name": "seeds", "interval_s": 0.5, "until": "2026-12-01T00:00:00Z", "pictures": 100}'
    experiment = read_request(text, [LEAVES])
    assert experiment
    assert (experiment.name, experiment.interval_s, experiment.pictures) == ("seeds", 0.5, 100)
    assert experiment.folder == "experiments/seeds"


def test_an_unknown_name_is_answered_with_those_that_there_are() -> None:
    assert refused("rain") == (
        "takes a configured experiment (leaves, snow), one as JSON, such as "
        '{"name": "leaves", "interval_s": 10}, or nothing, not \'rain\''
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ('"interval_s": 0.01', "interval_s: Input should be greater than or equal to 0.1"),
        ('"intervall_s": 1', "interval_s: Field required; intervall_s: Extra inputs are not"),
        ('"interval_s": 1, "name": "A b"', "name: String should match"),
        ('"interval_s": 1, "until": "2026-12-01T00:00:00"', "until: Input should have timezone"),
        ('"interval_s": 1, "prefix": "a/../b"', "prefix: cannot be 'a/../b': between its slashes"),
        ('"interval_s": 1, "prefix": "a{camera}"', "prefix: cannot be 'a{camera}': between its"),
        (
            '"interval_s": 1, "start": "2026-12-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"',
            "its until is not after its start",
        ),
        ('"interval_s"', "Invalid JSON"),
    ],
)
def test_what_is_no_experiment_is_answered_with_each_mistake(fields: str, why: str) -> None:
    assert refused(f'{{"name": "a", {fields}}}').startswith(f"was not understood: {why}")
