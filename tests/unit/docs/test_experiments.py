"""The guide to experiments says what is written and what is taken."""

import json
import re
import statistics
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from services.capture.experiments.request import read_request
from services.contract.archive import Manifest, StoredFrame
from services.contract.experiments import Experiment, ExperimentSummary, Slice, Spread, layout_of, summary_key
from services.contract.frame import FrameId
from services.contract.settings import Settings

GUIDE = (Path(__file__).parents[3] / "docs" / "guide" / "experiments.md").read_text(encoding="utf-8")


def block(words: str) -> str:
    [text] = re.findall(rf"^```{words}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    return str(text)


SETTINGS = Settings.model_validate(yaml.safe_load(block("yaml nightjar.yaml")))
MANIFEST = Manifest.model_validate_json(block("json Manifest"))
SUMMARY = ExperimentSummary.model_validate_json(block("json ExperimentSummary"))


def described(heading: str) -> set[str]:
    section = GUIDE.partition(f"{heading}\n")[2].partition("\n#")[0]
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", section, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def fields(model: type[BaseModel], place: str = "") -> set[str]:
    return {f"{place}{name}" for name in model.model_fields}


def test_the_manifest_is_as_it_is_written() -> None:
    assert MANIFEST.file().decode() == block("json Manifest").rstrip()


def test_the_summary_is_as_it_is_written() -> None:
    assert json.loads(SUMMARY.payload()) == json.loads(block("json ExperimentSummary"))


def test_manifest_and_summary_tell_of_the_same_experiment() -> None:
    assert MANIFEST.slice
    assert (MANIFEST.slice.experiment, MANIFEST.slice.interval_s) == (
        SUMMARY.experiment.name,
        SUMMARY.experiment.interval_s,
    )
    assert MANIFEST.slice.prefix == SUMMARY.experiment.folder
    assert SUMMARY.pictures == SUMMARY.off.count == len(MANIFEST.frames) == len(MANIFEST.slice.off_s)
    assert SUMMARY.bytes == sum(frame.bytes for frame in MANIFEST.frames)
    assert pytest.approx(statistics.fmean(MANIFEST.slice.off_s), abs=1e-6) == SUMMARY.off.mean_s
    assert pytest.approx(statistics.stdev(MANIFEST.slice.off_s), abs=1e-6) == SUMMARY.off.sd_s


def test_the_tree_is_where_they_are_kept() -> None:
    layout = layout_of(SUMMARY.experiment.folder)
    tree = GUIDE.partition("## What is in the archive\n")[2].partition("\nBelow")[0]
    names = [line.strip() for line in tree.splitlines() if line.strip()]
    folder = layout.event_folder(MANIFEST.camera, MANIFEST.event)
    keys = [frame.key for frame in MANIFEST.frames]
    assert keys == [
        layout.frame_key(
            FrameId(MANIFEST.camera, int(one.session, 16), one.sequence, one.time), MANIFEST.event
        )
        for one in MANIFEST.frames
    ]
    root, summary, slice_, *files = names
    assert f"{root}{summary}" == summary_key(SUMMARY)
    assert f"{root}{slice_}" == folder
    assert [f"{folder}{name}" for name in files] == [
        *keys,
        layout.manifest_key(MANIFEST.camera, MANIFEST.event),
    ]


def test_every_field_of_the_manifest_is_described() -> None:
    expected = (fields(Manifest) - {"slice"}) | fields(StoredFrame, "frames[].") | fields(Slice, "slice.")
    assert described("### The manifest") == expected


def test_every_field_of_the_summary_is_described() -> None:
    assert described("### The summary") == fields(ExperimentSummary) | fields(Spread)


def test_every_field_of_an_experiment_is_described() -> None:
    assert described("## Configure one") == fields(Experiment)


def test_the_configuration_is_right() -> None:
    capture = SETTINGS.cameras["bench"].capture
    assert [each.name for each in capture.experiments] == ["leaves", "one-night"]
    assert capture.experiment == "leaves"


COMMANDS = re.findall(r"mosquitto_pub -t (\S+) (?:-m (?:'([^']*)'|(\S+))|-n)$", GUIDE, re.MULTILINE)
ACTIONS = re.findall(r"topic: (\S+)\n +payload: (.*)", block("yaml automation"))
ASKED = [(topic, quoted or plain) for topic, quoted, plain in COMMANDS] + [
    (topic, yaml.safe_load(payload)) for topic, payload in ACTIONS
]


@pytest.mark.parametrize(("topic", "payload"), ASKED)
def test_what_is_to_be_published_is_taken(topic: str, payload: str) -> None:
    configured = SETTINGS.cameras["bench"].capture.experiments
    assert topic == "nightjar/camera/bench/experiment/set"
    assert (read_request(payload, configured) is None) == (payload == "")


def test_there_is_a_way_to_start_by_name_as_json_and_to_stop_by_hand_and_automatically() -> None:
    assert [payload[:1] for _, payload in ASKED] == ["l", "{", "", "l", ""]


def test_the_automation_is_yaml() -> None:
    assert set(yaml.safe_load(block("yaml automation"))) == {"alias", "triggers", "actions"}
