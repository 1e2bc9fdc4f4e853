"""Services of a later release, which say more in each of their messages, work with this one's."""

import json
from collections.abc import Callable

import pytest

from services.contract.archive import Manifest
from services.contract.experiments import ExperimentSummary
from services.contract.message import Message
from services.contract.status import Stats
from services.contract.topics import Topics
from tests.contract.later import with_more
from tests.integration.pipeline.listener import Listener
from tests.integration.pipeline.pipeline import Pipeline
from tests.integration.pipeline.test_nothing_is_lost import losing

pytestmark = [pytest.mark.real, pytest.mark.timeout(60)]


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    def more(said: Callable[[Message], bytes]) -> Callable[[Message], bytes]:
        return lambda message: json.dumps(with_more(json.loads(said(message)))).encode()

    for model in (Message, Stats):
        monkeypatch.setattr(model, "payload", more(model.payload))


def test_an_event_is_whole_also_where_frames_are_asked_for_again(
    running: Pipeline, listener: Listener
) -> None:
    topics = Topics(running.prefix)
    unknown = {"event_type": "added_later", "camera": running.camera, "time": "2026-11-26T00:00:00Z"}
    to_motion = losing(running.capture._feeds[running.camera].link, "/live", every=7, at_most=2)
    to_archiver = losing(running.motion._watches[running.camera].link, "/event/", every=7, at_most=2)
    running.event_begins()
    listener.publish(topics.camera(running.camera, "event"), json.dumps(unknown).encode())
    running.play(0.8)
    running.event_ends()
    running.check_whole(running.manifest())
    assert (len(to_motion), len(to_archiver)) == (2, 2)


def test_an_experiment_is_whole(pipeline: Pipeline, listener: Listener) -> None:
    topics = Topics(pipeline.prefix)
    pipeline.start("archiver", "capture")
    shown = topics.setting_state(pipeline.camera, "experiment")
    pipeline.wait_for("setting", lambda: shown in listener.state and listener.live)
    asked = {"name": "leaves", "interval_s": 0.2, "pictures": 5}
    listener.publish(topics.setting_set(pipeline.camera, "experiment"), json.dumps(asked).encode())

    def stored(name: str) -> bytes | None:
        keys = [one.key for one in pipeline.store.list("experiments/leaves/") if name in one.key]
        return pipeline.store.get(keys[0]) if keys else None

    manifest = Manifest.model_validate_json(
        pipeline.wait_for("manifest", lambda: stored("/event.json")) or b""
    )
    assert (len(manifest.frames), manifest.missing) == (5, [])
    assert manifest.slice
    summary = pipeline.wait_for("summary", lambda: stored("/summary-")) or b""
    assert ExperimentSummary.model_validate_json(summary).experiment.name == "leaves"
