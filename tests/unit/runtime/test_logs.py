"""Logs are for people on a terminal, and JSON lines elsewhere."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from services.contract.settings import LogSettings
from services.runtime import logs


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
    for handler in handlers:
        if handler not in root.handlers:
            root.addHandler(handler)
    root.setLevel(level)


def record(level: int, text: str, *arguments: object, failed: bool = False) -> logging.LogRecord:
    try:
        raise ValueError("inside") if failed else StopIteration
    except (ValueError, StopIteration):
        trace = sys.exc_info() if failed else None
    made = logging.LogRecord("services.capture.service", level, "x.py", 1, text, arguments, trace)
    made.created = 1_795_163_412.000034
    return made


def test_people_read_when_where_and_what() -> None:
    line = logs.HumanFormatter().format(record(logging.INFO, "%s: the camera is back", "door"))
    assert line.partition(" ")[2] == "capture.service  door: the camera is back"
    assert len(line.partition(" ")[0]) == len("12:30:01")


@pytest.mark.parametrize(("level", "mark"), [(logging.WARNING, "warning"), (logging.ERROR, "error")])
def test_what_matters_is_marked_for_people(level: int, mark: str) -> None:
    assert logs.HumanFormatter().format(record(level, "x")).endswith(f" {mark} capture.service  x")


def test_programs_read_one_object_a_line() -> None:
    line = logs.JsonFormatter().format(record(logging.WARNING, "two\nlines of %s", "ü"))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-11-20T08:30:12.000034Z",
        "level": "warning",
        "where": "capture.service",
        "message": "two\nlines of ü",
    }


def test_a_traceback_is_part_of_the_object() -> None:
    said = json.loads(logs.JsonFormatter().format(record(logging.ERROR, "it broke", failed=True)))
    assert said["traceback"].endswith("ValueError: inside")


@pytest.mark.parametrize(
    ("wanted", "terminal", "formatter"),
    [
        ("auto", True, logs.HumanFormatter),
        ("auto", False, logs.JsonFormatter),
        ("human", False, logs.HumanFormatter),
        ("json", True, logs.JsonFormatter),
    ],
)
def test_the_form_suits_the_reader(
    wanted: str, terminal: bool, formatter: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    logs.set_up(LogSettings.model_validate({"format": wanted, "level": "error"}))
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler.formatter, formatter)
    assert logging.getLogger().level == logging.ERROR


def test_the_chatter_of_others_is_not_ours() -> None:
    logs.set_up(LogSettings(level="debug"))
    assert not logging.getLogger("urllib3").isEnabledFor(logging.INFO)
    assert logging.getLogger("services.capture").isEnabledFor(logging.DEBUG)
