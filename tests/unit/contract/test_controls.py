"""A setting that is refused says what it takes, in the setting's own words."""

import pytest

from services.contract.controls import CONTROLS, Refused, Value, controls_of, write
from services.contract.settings import CameraSettings, MotionSettings

BY_NAME = {control.name: control for control in CONTROLS}
DEFAULTS = CameraSettings(url="demo:")


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        ("enabled", "ON", True),
        ("archiving", "OFF", False),
        ("sensitivity", "1", 1),
        ("sensitivity", "100", 100),
        ("threshold", "2.5", 2.5),
        ("threshold", "", None),
        ("min_area", "1", 1.0),
        ("cool_down", "0", 0.0),
        ("pre_roll", "60", 60.0),
        ("analysis_fps", "0", 0.0),
        ("working_height", "120", 120),
        ("learning_rate", "0.05", 0.05),
        ("masks", "", {}),
        ("masks", '{"tree": [[0, 0], [0.2, 0], [0, 0.4]]}', {"tree": [[0, 0], [0.2, 0], [0, 0.4]]}),
        (
            "zones",
            '{"gate": {"points": [[0, 0], [1, 0], [1, 1]], "motion": "ignored"}}',
            {"gate": {"points": [[0, 0], [1, 0], [1, 1]], "motion": "ignored"}},
        ),
        ("interval", "0", 0.0),
        ("interval", "0.1", 0.1),
        ("interval", "86400", 86400.0),
    ],
)
def test_a_value_is_read(setting: str, text: str, value: Value) -> None:
    found = BY_NAME[setting].read(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("setting", "text", "sentence"),
    [
        ("enabled", "on", "takes ON or OFF, not 'on'"),
        ("motion_detection", "", "takes ON or OFF, not ''"),
        ("archiving", "true", "takes ON or OFF, not 'true'"),
        ("sensitivity", "0", "takes a whole number from 1 to 100, not '0'"),
        ("sensitivity", "101", "takes a whole number from 1 to 100, not '101'"),
        ("sensitivity", "2.5", "takes a whole number from 1 to 100, not '2.5'"),
        ("sensitivity", "", "takes a whole number from 1 to 100, not ''"),
        ("threshold", "0", "takes a number from 0.1 to 100, or nothing for its default, not '0'"),
        ("threshold", "much", "takes a number from 0.1 to 100, or nothing for its default, not 'much'"),
        ("min_area", "2", "takes a number from 0.0001 to 1, or nothing for its default, not '2'"),
        ("cool_down", "-1", "takes a number from 0 to 3600, not '-1'"),
        ("cool_down", "nan", "takes a number from 0 to 3600, not 'nan'"),
        ("cool_down", "inf", "takes a number from 0 to 3600, not 'inf'"),
        ("interval", "0.05", "takes 0, or a number from 0.1 to 2592000, not '0.05'"),
        ("interval", "-1", "takes 0, or a number from 0.1 to 2592000, not '-1'"),
        ("interval", "nan", "takes 0, or a number from 0.1 to 2592000, not 'nan'"),
        ("interval", "daily", "takes 0, or a number from 0.1 to 2592000, not 'daily'"),
        ("interval", "", "takes 0, or a number from 0.1 to 2592000, not ''"),
        ("max_length", "9", "takes a number from 10 to 3600, not '9'"),
        ("masks", "?", 'takes JSON such as {"tree": [[0, 0], [0.2, 0], [0, 0.4]]}'),
        (
            "masks",
            '{"tree": [[0, 0], [0.2, 0]]}',
            'takes JSON such as {"tree": [[0, 0], [0.2, 0], [0, 0.4]]}; '
            "tree: List should have at least 3 items after validation, not 2",
        ),
        (
            "zones",
            '{"Gate": {"points": [[0, 0], [1, 0], [1, 1]]}}',
            'takes JSON such as {"gate": {"points": [[0, 0.5], [1, 0.5], [1, 1]]}}; '
            "'Gate' is no name: use a-z, 0-9, - and _",
        ),
        (
            "zones",
            '{"gate": {"points": [[0, 0], [1, 0], [1, NaN]]}}',
            'takes JSON such as {"gate": {"points": [[0, 0.5], [1, 0.5], [1, 1]]}}; '
            "gate.points.2.1: Input should be a finite number",
        ),
        ("enabled", "x" * 100, f"takes ON or OFF, not '{'x' * 40}…'"),
    ],
)
def test_a_value_that_is_refused_is_told_what_is_taken(setting: str, text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        BY_NAME[setting].read(text)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "ON"),
        (False, "OFF"),
        (None, ""),
        (50, "50"),
        (0.02, "0.02"),
        (5.0, "5"),
        (1 / 3, "0.3333333333"),
        ({"tree": [[0, 0], [1, 0], [1, 1]]}, '{"tree":[[0,0],[1,0],[1,1]]}'),
    ],
)
def test_a_value_is_shown_as_it_may_be_set(value: Value, text: str) -> None:
    assert write(value) == text


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_the_default_of_every_setting_is_one_that_it_takes(name: str) -> None:
    value: object = DEFAULTS
    for key in BY_NAME[name].path:
        value = getattr(value, key)
    assert value is None or isinstance(value, bool | int | float | dict)
    assert BY_NAME[name].read(write(value)) == value


def test_every_setting_belongs_to_one_service() -> None:
    assert set(controls_of("capture")) == {"enabled", "interval", "fps", "quality", "timestamp"}
    assert set(controls_of("motion")) == {
        "motion_detection",
        *(name for name in MotionSettings.model_fields if name not in ("ring_mb", "keep_mb")),
    }
    assert set(controls_of("archiver")) == {"archiving"}
    assert controls_of("gateway") == {}
