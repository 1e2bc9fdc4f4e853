"""What every test may ask for from outside the repository: recorded clips, a Home Assistant."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")  # we remove our containers ourselves

_BESIDE = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def footage() -> Path:
    """The folder with recorded clips and their labels."""
    return _outside("NIGHTJAR_FOOTAGE", "footage", "recorded clips")


@pytest.fixture(scope="session")
def homeassistant() -> Path:
    """The folder that sets up a Home Assistant."""
    return _outside("NIGHTJAR_HOMEASSISTANT", "homeassistant", "a Home Assistant to set up")


def _outside(variable: str, name: str, what: str) -> Path:
    """A folder from outside; skips the test where nobody has it, fails it where somebody should."""
    named = os.environ.get(variable)
    path = Path(named) if named else _BESIDE / name
    if path.is_dir():
        return path
    if named:
        pytest.fail(f"{variable} is {named}, which is no folder")
    sentence = f"there are no {what} here; name their folder with {variable}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)
