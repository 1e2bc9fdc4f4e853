"""The reference says what the code does: its tables, its examples and its links."""

import argparse
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from services.archive.arguments import add_arguments
from services.contract.channels import CHANNELS, message_models
from services.contract.controls import CONTROLS
from services.contract.events import EventType
from services.contract.frame import FrameId, identify, stamp
from services.contract.settings import CameraSettings, CaptureSettings, MotionSettings, Settings, UserSettings
from services.contract.tables import refresh
from services.runtime import config
from tests.unit.contract.exif_reader import exif_tiffs, read_tags
from tests.unit.contract.jpegs import jpeg

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CONFIGURATION = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
TOPICS = (REFERENCE / "topics.md").read_text(encoding="utf-8")
FRAMES = (REFERENCE / "frames.md").read_text(encoding="utf-8")


def first_column(text: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)


# -- tables --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", sorted(REFERENCE.glob("*.md")), ids=lambda page: page.name)
def test_the_tables_are_what_the_code_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert refresh(text) == text, "run `make schemas`"


def test_a_table_that_there_is_not_is_an_error() -> None:
    with pytest.raises(KeyError):
        refresh("<!-- table: settings nonsense -->\n<!-- end -->")


def settings_below(model: type[BaseModel], place: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings_below(inner, f"{place}{name}.")
        elif name == "users":
            yield from settings_below(UserSettings, f"{place}users.<user>.")
        elif name != "cameras":
            yield f"{place}{name}"


def test_every_setting_is_in_the_reference() -> None:
    general = {name for name in settings_below(Settings, "") if not name.startswith("defaults.")}
    camera = {name for name in CameraSettings.model_fields if name not in ("capture", "motion")}
    parts = {f"capture.{name}" for name in CaptureSettings.model_fields}
    parts |= {f"motion.{name}" for name in MotionSettings.model_fields}
    documented = [name for name in first_column(CONFIGURATION) if name.islower() and "$" not in name]
    assert set(documented) == general | {f"cameras.<camera>.{name}" for name in camera} | parts
    assert len(documented) == len(set(documented))


def test_every_topic_is_in_the_reference() -> None:
    promised = [channel.topic.replace("{", "<").replace("}", ">") for channel in CHANNELS]
    assert [name for name in first_column(TOPICS) if name.startswith("nightjar")] == promised


def test_every_run_time_setting_is_in_the_reference() -> None:
    section = TOPICS.partition("## Settings at run time")[2].partition("\n## ")[0]
    assert first_column(section) == [control.name for control in CONTROLS]


def test_every_type_of_event_is_in_the_reference() -> None:
    section = TOPICS.partition("## Events")[2].partition("\n## ")[0]
    assert first_column(section) == ["event_type", *EventType]


def test_the_frame_is_what_the_reference_says() -> None:
    rows = re.findall(
        r"^\| `(0x[0-9A-F]{4})` \| \w+ \| [\w ]+ \| \w+ \| (?:`(.+)` )?\|$", FRAMES, re.MULTILINE
    )
    time = datetime(2026, 11, 20, 8, 30, 12, 34, tzinfo=UTC)
    frame_id = FrameId("door", 0x00C0FFEE00000001, 42, time)
    stamped = stamp(jpeg(), frame_id)
    assert identify(stamped) == frame_id
    tags = read_tags(exif_tiffs(stamped)[0])
    said = {tag: value.decode() if isinstance(value, bytes) else str(value) for tag, value in tags.items()}
    said[0x8769] = ""  # where it is says nothing to people
    assert {int(tag, 16): value for tag, value in rows} == said


# -- examples ------------------------------------------------------------------------------------------------

EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    (name, json.loads(text))
    for name, text in re.findall(r"^```json (\w+)\n(.*?)^```", TOPICS, re.DOTALL | re.MULTILINE)
]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_is_a_message_as_it_is_sent(name: str, example: dict[str, Any]) -> None:
    message = message_models()[name].model_validate(example)
    assert json.loads(message.payload()) == example


def test_every_message_has_an_example() -> None:
    assert {name for name, _ in EXAMPLES} == set(message_models())


def test_the_example_of_a_configuration_is_right(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", CONFIGURATION, re.DOTALL | re.MULTILINE)
    (tmp_path / "nightjar.yaml").write_text(text)
    settings = config.load(tmp_path / "nightjar.yaml", {"DOOR_PASSWORD": "x"})
    assert settings.cameras["door"].motion.pre_roll == 5
    assert set(yaml.safe_load(text)) == {"cameras", "defaults"}


def test_the_example_of_mistakes_is_what_people_read(tmp_path: Path) -> None:
    text = (
        "cameras:\n  door:\n    url: 'demo:'\n    label: Door\n    enabled: true\n    motion:\n"
        "      sensitivty: 60\n  yard:\n    url: rstp://x\n"
    )
    path = tmp_path / "nightjar.yaml"
    path.write_text(text)
    with pytest.raises(config.ConfigErrors) as caught:
        config.load(path, {})
    said = f"nightjar: {caught.value}".replace(f"{tmp_path}/", "")
    example = re.findall(r"^    (nightjar: .*(?:\n      .*)+)", CONFIGURATION, re.MULTILINE)[0]
    shown = [line.removeprefix("    ") for line in example.splitlines()]
    for line, ours in zip(shown, said.splitlines(), strict=True):
        assert ours.startswith(line.partition("…")[0])


@pytest.mark.parametrize(
    "variable", sorted(set(re.findall(r"`(NIGHTJAR_\w+__\w+|NIGHTJAR_STATE_DIR)`", CONFIGURATION)))
)
def test_a_variable_in_the_reference_is_a_setting(variable: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("secret")
    value = str(tmp_path / "file") if variable.endswith("_FILE") else "mqtt://x" if "URL" in variable else "3"
    config.load(None, {variable: value, "NIGHTJAR_CAMERAS__DOOR__URL": "demo:"})


# -- links ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_every_verb_and_option_of_the_archives_commands_is_in_the_reference() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    section = (REFERENCE / "archive.md").read_text().partition("## Commands")[2].partition("\n## ")[0]
    verbs = next(a.choices for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    assert [cell.split()[0] for cell in first_column(section)] == list(verbs)
    for each in [parser, *verbs.values()]:
        for action in each._actions:
            if action.option_strings and action.dest != "help":
                assert f"`{action.option_strings[-1]}" in section
