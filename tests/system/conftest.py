"""The whole system, started as people start it: `docker compose up`, and all in one process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends import engine
from tests.system.systems import Compose, System, Together

CLIP = "bew_walking_to.avi"


@pytest.fixture(scope="session", params=["compose", "together"])
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, footage: Path
) -> Iterator[System]:
    """A fresh system that is running, with the demo street and a recorded clip as cameras."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "compose":
        if engine() is None:
            pytest.skip("no Docker engine answers, so there is no `docker compose up` to test")
        made: System = Compose(folder, footage / "clips" / CLIP)
    else:
        made = Together(folder, footage / "clips" / CLIP)
    try:
        made.start()
        yield made
    finally:
        made.remove()
