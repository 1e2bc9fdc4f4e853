"""The committed JSON Schemas and the AsyncAPI document are what the code says, and real messages fit them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from services.contract.archive import Manifest, StoredFrame
from services.contract.channels import CHANNELS, JPEG, message_models
from services.contract.events import Box, EventMessage, EventType, Missing
from services.contract.experiments import (
    Experiment,
    ExperimentSummary,
    OpenSlice,
    OpenSlices,
    Slice,
    Spread,
)
from services.contract.generate import documents, main
from services.contract.handover import FrameRef, Handover, Resend, Resent
from services.contract.message import Message
from services.contract.settings import Settings
from services.contract.status import (
    ArchiverStats,
    CaptureStats,
    HealthDetail,
    MotionStats,
    Score,
    ServiceInfo,
    Totals,
)

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
DOCUMENTS = documents()
TIME = datetime(2026, 11, 20, 8, 30, 12, 5, tzinfo=UTC)
SESSION, EVENT = "00c0ffee00000001", "20261120T083012Z-3f9c"
GAP = Missing(session=SESSION, first=1, last=2, why="capture no longer has it")


def stats(model: type[Message]) -> Message:
    fields: dict[str, Any] = {"time": TIME, "session": SESSION, "experiment": "leaves", "last_event": TIME}
    for name in model.model_fields:
        fields.setdefault(name, 3)
    return model.model_validate(fields)


SUMMARY = ExperimentSummary(
    camera="door",
    experiment=Experiment(name="leaves", interval_s=10),
    started=TIME,
    pictures=361,
    missed=0,
    bytes=1,
    intervals=Spread(count=360, mean_s=10),
    off=Spread(count=361),
)

MESSAGES: list[Message] = [
    EventMessage(event_type=EventType.MOTION_START, camera="door", time=TIME),
    EventMessage(
        event_type=EventType.ARCHIVED,
        camera="door",
        time=TIME,
        event=EVENT,
        boxes=[Box(x=0, y=0, width=0.5, height=1)],
        missing=[GAP],
        bytes=1,
    ),
    Handover(
        camera="door",
        event=EVENT,
        reason="motion",
        started=TIME,
        ended=TIME,
        frames=[FrameRef(session=SESSION, sequence=1, time=TIME), FrameRef(session=SESSION, sequence=2)],
        missing=[GAP],
    ),
    Handover(
        camera="door",
        event=EVENT,
        reason="interval",
        started=TIME,
        ended=TIME,
        frames=[],
        slice=Slice(interval_s=10, experiment="leaves", prefix="experiments/leaves", off_s=[0.0002]),
        summary=SUMMARY,
    ),
    SUMMARY,
    OpenSlices(slices=[OpenSlice(event=EVENT, experiment="leaves", prefix="experiments/leaves")]),
    Resend(session=SESSION, ranges=[(1, 2)], wanted_for="live", ask="capture"),
    Resent(session=SESSION, gone=[(1, 2)], wanted_for="live", by="capture"),
    HealthDetail(problem="the camera does not answer", since=TIME),
    HealthDetail(),
    ServiceInfo(service="motion", version="1", instance="1", cameras=["door"]),
    stats(CaptureStats),
    stats(MotionStats),
    stats(ArchiverStats),
    stats(Totals),
    Score(
        time=TIME,
        session=SESSION,
        sequence=42,
        score=1.5,
        moving=True,
        boxes=[Box(x=0.1, y=0.1, width=0.1, height=0.1)],
        near=[],
        zones=["gate"],
        scene_change=0,
    ),
    Manifest(
        camera="door",
        event=EVENT,
        reason="motion",
        started=TIME,
        ended=TIME,
        frames=[StoredFrame(session=SESSION, sequence=1, time=TIME, key="k", bytes=1, sha256="f" * 64)],
        missing=[GAP],
    ),
]


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DOCUMENTS[f"schemas/{name}.json"])
    return found


# -- the files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_the_committed_document_is_what_the_code_says(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == DOCUMENTS[name], "run `make schemas`"


def test_no_document_is_left_over() -> None:
    committed = {path.relative_to(REFERENCE).as_posix() for path in REFERENCE.rglob("*.json")}
    assert committed == set(DOCUMENTS)


def test_the_generator_writes_every_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path) == 0
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")}
    assert written == set(DOCUMENTS)
    assert capsys.readouterr().out == f"wrote {len(DOCUMENTS)} documents to {tmp_path}\n"


# -- the schemas ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(name for name in DOCUMENTS if name.startswith("schemas/")))
def test_each_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(DOCUMENTS[name]))


def test_there_is_a_real_message_for_each_model() -> None:
    assert {type(message).__name__ for message in MESSAGES} == {*message_models(), "Manifest"}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_real_message_fits_its_schema(message: Message) -> None:
    jsonschema.validate(json.loads(message.payload()), schema(type(message).__name__))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_with_a_key_too_few_does_not_fit(message: Message) -> None:
    content = json.loads(message.payload())
    required = [name for name in schema(type(message).__name__).get("required", []) if name in content]
    for name in required:
        less = {key: value for key, value in content.items() if key != name}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(less, schema(type(message).__name__))


def test_the_schema_of_the_configuration_knows_a_typo() -> None:
    jsonschema.validate({"cameras": {"door": {"url": "demo:"}}}, schema("nightjar.yaml"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"cameras": {"door": {"uri": "demo:"}}}, schema("nightjar.yaml"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"cameras": {"Front Door": {"url": "demo:"}}}, schema("nightjar.yaml"))


# -- AsyncAPI ------------------------------------------------------------------------------------------------

ASYNCAPI: dict[str, Any] = json.loads(DOCUMENTS["asyncapi.json"])


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for each in value.values() for found in references(each)]
    return [found for each in value for found in references(each)] if isinstance(value, list) else []


def resolve(reference: str) -> Any:
    here: Any = ASYNCAPI
    for part in reference.removeprefix("#/").split("/"):
        here = here[part]
    return here


def test_asyncapi_says_its_version_and_whose_it_is() -> None:
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    assert ASYNCAPI["info"]["license"] == {"name": "Apache-2.0"}
    assert {"title", "version"} <= set(ASYNCAPI["info"])


def test_asyncapi_has_each_channel_once() -> None:
    assert [channel["address"] for channel in ASYNCAPI["channels"].values()] == [c.topic for c in CHANNELS]
    assert len(ASYNCAPI["operations"]) == len(CHANNELS)


def test_every_reference_in_asyncapi_leads_somewhere() -> None:
    found = references(ASYNCAPI)
    assert len(found) > len(CHANNELS)
    for reference in found:
        assert resolve(reference)


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.topic)
def test_asyncapi_describes_the_channel(channel: Any) -> None:
    (name,) = [key for key, each in ASYNCAPI["channels"].items() if each["address"] == channel.topic]
    described, operation = ASYNCAPI["channels"][name], ASYNCAPI["operations"][f"send-{name}"]
    assert set(described["parameters"]) == set(re.findall(r"{(\w+)}", channel.topic))
    assert operation["channel"] == {"$ref": f"#/channels/{name}"}
    assert operation["action"] == "send"
    assert operation["bindings"]["mqtt"]["qos"] == max(channel.qos)
    assert operation["bindings"]["mqtt"]["retain"] is channel.retained
    (message,) = described["messages"].values()
    kinds = {JPEG: "image/jpeg"}
    expected = (
        "application/json" if isinstance(channel.payload, type) else kinds.get(channel.payload, "text/plain")
    )
    assert message["contentType"] == expected
    jsonschema.Draft7Validator.check_schema(message["payload"])


@pytest.mark.parametrize("name", sorted(ASYNCAPI["components"]["schemas"]))
def test_a_schema_in_asyncapi_holds_by_itself(name: str) -> None:
    described = ASYNCAPI["components"]["schemas"][name]
    assert references(described) == []
    for message in MESSAGES:
        if type(message).__name__ == name:
            jsonschema.validate(json.loads(message.payload()), described)


def test_a_retained_topic_is_never_a_frame_of_an_event() -> None:
    assert all(not channel.retained for channel in CHANNELS if "/event" in channel.topic)


def test_the_configuration_has_a_description_for_every_setting() -> None:
    definitions = Settings.model_json_schema()["$defs"]
    bare = [
        f"{section}.{name}"
        for section, content in definitions.items()
        for name, field in content["properties"].items()
        if "description" not in field and "$ref" not in field
    ]
    assert bare == []
