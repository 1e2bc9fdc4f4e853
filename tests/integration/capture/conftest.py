from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.capture.scene import Scene
from tests.real import MqttServer


@pytest.fixture
def scenes(mqtt_server: MqttServer, tmp_path: Path) -> Iterator[Any]:
    """Makes scenes that end with the test."""
    made: list[Scene] = []

    def make(**cameras: Any) -> Scene:
        made.append(Scene(mqtt_server, tmp_path / "state", cameras))
        return made[-1]

    yield make
    for scene in made:
        scene.end()
