"""The reference of camera URLs knows every kind and every option that the code knows."""

import re
from pathlib import Path

import pytest

from services.contract.urls import KNOWN_SCHEMES, check_camera_url

REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "cameras.md"


def test_every_kind_of_camera_is_in_the_reference() -> None:
    text = REFERENCE.read_text()
    assert [scheme for scheme in KNOWN_SCHEMES if f"`{scheme}:" not in text] == []


@pytest.mark.parametrize("scheme", ["demo", "file", "v4l2"])
def test_the_options_in_the_reference_are_those_of_the_code(scheme: str) -> None:
    section = re.split(r"^## ", REFERENCE.read_text(), flags=re.MULTILINE)
    [text] = [part for part in section if part.startswith(f"`{scheme}:`")]
    documented = re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)
    path = {"file": "x", "v4l2": "/dev/video0"}.get(scheme, "")
    sentence = check_camera_url(f"{scheme}:{path}?no_such_option=1") or ""
    assert ", ".join(documented) == sentence.partition("; it has ")[2]


def test_the_examples_are_right() -> None:
    examples = re.findall(r"`((?:demo|exec|file|mqtt|push|v4l2):[^`]*)`", REFERENCE.read_text())
    assert len(examples) >= 12
    assert [url for url in examples if url.rstrip(":") not in KNOWN_SCHEMES and check_camera_url(url)] == []
