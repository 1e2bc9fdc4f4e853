"""What earlier releases said is understood by this one, and what this one says by them.

`python -m tests.contract.record` records a release. So far none was made: 0.1.0 is recorded as it is to be.
"""

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.contract.archive import Manifest
from services.contract.channels import CHANNELS, message_models
from services.contract.controls import CONTROLS, EXPERIMENT
from services.contract.events import EventMessage
from services.contract.experiments import ExperimentSummary, OpenSlices
from services.contract.frame import identify
from services.contract.handover import Handover, Resend, Resent, SliceHandover
from services.contract.message import Message
from services.contract.settings import CameraSettings
from services.contract.status import (
    ArchiverStats,
    CaptureStats,
    HealthDetail,
    MotionStats,
    Score,
    ServiceInfo,
    Totals,
)
from services.contract.topics import Topics
from services.gateway.access.caller import Scope
from services.gateway.access.shared_file import SharedFile
from services.gateway.access.tokens import Tokens
from services.gateway.live.state import LiveState
from services.runtime.controls import ControlBoard
from services.runtime.state import StateFile
from tests.contract.later import with_more

RELEASES = Path(__file__).parents[2] / "contract" / "recorded"
MODELS: dict[str, type[Message]] = {
    "event": EventMessage,
    "experiment-summary": ExperimentSummary,
    "handover": Handover,
    "handover-of-slice": SliceHandover,
    "health-detail": HealthDetail,
    "info": ServiceInfo,
    "manifest": Manifest,
    "resend": Resend,
    "resent": Resent,
    "score": Score,
    "slices": OpenSlices,
    "stats-archiver": ArchiverStats,
    "stats-capture": CaptureStats,
    "stats-gateway": Totals,
    "stats-motion": MotionStats,
    "summary": ExperimentSummary,
}
#: What people say, and settings that are objects.
NOT_MESSAGES = {"experiment-set", "trigger", "masks-state", "zones-state", "plain"}
IN_THE_STORE = {"manifest", "summary"}


def recorded(ending: str) -> list[Path]:
    return sorted(RELEASES.glob(f"*/*{ending}"))


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def model_of(path: Path) -> type[Message]:
    return MODELS[path.stem] if path.stem in MODELS else MODELS[path.stem.partition("-")[0]]


def payload_of(path: Path) -> Any:
    return json.loads(path.read_text())["payload"]


RECORDED = sorted(RELEASES.iterdir())
PLACES = [re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", channel.topic)) for channel in CHANNELS]
MESSAGES = [path for path in recorded(".json") if path.stem not in NOT_MESSAGES]


def wire(release: Path) -> list[tuple[str, bytes]]:
    """Each topic of a release with what was said there; frames' topics without their frames."""
    said = [(topic, payload.encode()) for topic, payload in json.loads((release / "plain.json").read_text())]
    for path in release.glob("*.json"):
        if path.stem != "plain" and path.stem not in IN_THE_STORE:
            one = json.loads(path.read_text())
            said.append((one["topic"], json.dumps(one["payload"]).encode()))
    return said


def test_every_kind_of_message_is_on_record() -> None:
    models = {model for path in MESSAGES for model in model_of(path).__mro__}
    assert set(message_models().values()) <= models


@pytest.mark.parametrize("path", MESSAGES, ids=named)
def test_a_message_is_read_as_it_was_meant(path: Path) -> None:
    payload = payload_of(path)
    read = json.loads(model_of(path).model_validate_json(json.dumps(payload)).payload())
    assert said_before(read, payload) == payload


@pytest.mark.parametrize("path", MESSAGES, ids=named)
def test_what_a_later_release_adds_is_passed_over_wherever_it_adds_it(path: Path) -> None:
    model, payload = model_of(path), payload_of(path)
    later = with_more(payload)
    assert later != payload
    assert model.model_validate_json(json.dumps(later)) == model.model_validate_json(json.dumps(payload))


@pytest.mark.parametrize("path", MESSAGES, ids=named)
def test_what_an_earlier_release_needs_is_still_said(path: Path) -> None:
    known = {field.alias or name for name, field in model_of(path).model_fields.items()}
    assert set(payload_of(path)) <= known


@pytest.mark.parametrize("release", RECORDED, ids=lambda path: str(path.name))
def test_every_topic_and_every_setting_is_where_it_was(release: Path) -> None:
    settings = {control.name for control in CONTROLS} | {EXPERIMENT}
    for topic, _ in wire(release):
        fits = [match for place in PLACES if (match := place.fullmatch(topic))]
        assert any(match.groupdict().get("setting", EXPERIMENT) in settings for match in fits), topic


@pytest.mark.parametrize("release", RECORDED, ids=lambda path: str(path.name))
def test_the_dashboard_understands_all_of_it_and_what_it_does_not_know_spoils_nothing(
    release: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    state = LiveState(Topics(), {"street": "Street"}, lambda *_: None)
    for topic, payload in wire(release):
        if not topic.startswith("nightjar-frames/"):
            state.take(topic, payload)
            state.take(f"{topic}/added_later", b"anything")
    assert caplog.messages == []
    event = payload_of(release / "event-manual.json") | {"event_type": "added_later"}
    state.take("nightjar/camera/street/event", json.dumps(event).encode())
    assert caplog.messages == ["a message on nightjar/camera/street/event was not understood and is ignored"]
    street = state.cameras["street"]
    assert (street.status, street.settings["sensitivity"], set(street.zones)) == ("online", "61", {"road"})
    assert {info.info.version for info in state.services.values() if info.info} == {release.name}


@pytest.mark.parametrize("release", RECORDED, ids=lambda path: str(path.name))
def test_settings_and_tokens_that_were_made_hold_after_an_upgrade(release: Path) -> None:
    street = CameraSettings(url="demo:?size=320x180&fps=5&activity=busy")

    def kept(service: str, setting: str) -> object:
        board = ControlBoard(
            service, {"street": street}, Topics(), StateFile(release / f"state/{service}.json")
        )
        board.load()
        return board.value("street", setting)

    assert (kept("motion", "sensitivity"), kept("capture", "fps")) == (61, 4)
    tokens = Tokens(SharedFile(release / "state/gateway/tokens.json"))
    assert [(each.name, each.scope) for each in tokens] == [("recorded", Scope.VIEW)]


@pytest.mark.parametrize("path", recorded(".jpg"), ids=named)
def test_a_frame_says_who_it_is(path: Path) -> None:
    frame = identify(path.read_bytes())
    if path.stem == "frame-preview":  # which is no frame
        assert frame is None
    else:
        assert frame is not None
        assert (frame.camera, frame.sequence > 0) == ("street", True)


def test_an_event_of_a_kind_that_is_not_known_is_refused_as_a_whole() -> None:
    """So that its reader leaves it out, rather than take it for another."""
    with pytest.raises(ValidationError):
        EventMessage.model_validate(payload_of(recorded("manual.json")[0]) | {"event_type": "added_later"})


def said_before(read: Any, before: Any) -> Any:
    """Of what was read, what had been said."""
    if isinstance(before, dict):
        return {key: said_before(read.get(key), each) for key, each in before.items()}
    if isinstance(before, list) and len(before) == len(read):
        return [said_before(new, old) for new, old in zip(read, before, strict=True)]
    return read
