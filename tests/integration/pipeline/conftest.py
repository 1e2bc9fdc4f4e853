from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.pipeline.listener import Listener
from tests.integration.pipeline.pipeline import Pipeline
from tests.real import Archive, MqttServer


@pytest.fixture
def pipeline(
    mqtt_server: MqttServer, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pipeline]:
    """A pipeline of which nothing runs yet."""
    made = Pipeline(mqtt_server, archive, tmp_path, monkeypatch)
    yield made
    made.close()


@pytest.fixture
def running(pipeline: Pipeline) -> Pipeline:
    """A pipeline that has seen its scene."""
    pipeline.start("archiver", "motion", "capture")
    pipeline.warm_up()
    return pipeline


@pytest.fixture
def listener(pipeline: Pipeline) -> Iterator[Listener]:
    with Listener(pipeline.address, pipeline.prefix) as listening:
        yield listening
