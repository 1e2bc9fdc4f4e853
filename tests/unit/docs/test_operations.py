"""The guide to operations names commands, services, secrets and pages that there are."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from services.__main__ import _parser
from services.secrets.__main__ import parser as secrets_parser
from services.secrets.keyring import RENEWABLE

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs/guide/operations.md").read_text(encoding="utf-8")
#: What people put in their place.
STANDS_FOR = {
    "NAME…": "mqtt-motion",
    "NAME": "wall",
    "FILE": "file",
    "SERVICE": "motion",
    "USER": "motion",
    "…": "",
}
PROGRAMS = ("nightjar", "docker", "kubectl", "secrets", "make")
VERBS = {"run", "exec", "up", "kill", "stop", "restart", "build", "logs"}
TAKE_A_VALUE = {"-f", "-s", "-n", "-p"}


def commands() -> Iterator[list[str]]:
    """Every command of the guide's blocks and code spans, as words."""
    spans = re.findall(r"`([^`]+)`", GUIDE)
    blocks = [line.partition(" #")[0] for line in re.findall(r"^    (\S.*)$", GUIDE, re.MULTILINE)]
    for text in [*spans, *blocks]:
        for part in re.split(r"&&|;|\bdo\b|\bdone\b", text.strip("()")):
            words = [STANDS_FOR.get(word, word) for word in shlex.split(re.sub(r"[<>] ?\S+", "", part))]
            if words and words[0].removeprefix(".venv/bin/") in (
                "nightjar",
                "docker",
                "kubectl",
                "secrets",
                "make",
            ):
                yield [word for word in words if word]


COMMANDS = sorted({tuple(words) for words in commands()})


def test_there_are_some_of_each_kind() -> None:
    assert {words[0] for words in COMMANDS} >= {"nightjar", "docker", "kubectl", "secrets"}
    assert len(COMMANDS) > 25


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_is_one(words: tuple[str, ...]) -> None:
    first, *rest = words
    if first == "docker":
        check_compose(rest)
    elif first == "secrets":
        check_secrets(rest)
    elif first == "make":
        assert re.search(rf"^{rest[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    elif "nightjar" in rest and first == "kubectl":
        check_nightjar(rest[len(rest) - rest[::-1].index("nightjar") :] if "--" in rest else [])
    elif first != "kubectl":
        check_nightjar(rest)


def test_every_secret_that_can_be_renewed_is_there() -> None:
    named = re.findall(r"`([a-z0-9]+-[a-z]+)`", GUIDE[GUIDE.index("| name | what it opens") :])
    assert set(RENEWABLE) <= set(named)


def test_the_pages_that_programs_send_people_to_are_there() -> None:
    for source in (ROOT / "services").rglob("*.py"):
        for page in re.findall(r"docs/[\w/-]+\.md", source.read_text(encoding="utf-8")):
            assert (ROOT / page).exists(), (source, page)


def check_compose(words: list[str]) -> None:
    assert words.pop(0) == "compose"
    files = [ROOT / "compose.yaml"]
    if words[:1] == ["-f"]:
        given = [ROOT / file for flag, file in pairwise(words) if flag == "-f"]
        files, words = given, words[2 * len(given) :]
    services = {name for file in files for name in yaml.safe_load(file.read_text())["services"]}
    verb = words.pop(0)
    assert verb in VERBS
    while words and words[0].startswith("-"):
        words = words[2 if words[0] in TAKE_A_VALUE else 1 :]
    if verb in ("run", "exec"):
        service, *inside = words
        assert service in services or service == "$each"
        if service == "secrets":
            check_secrets(inside)
        elif inside[:1] == ["nightjar"]:
            check_nightjar(inside[1:])
    else:
        assert {word for word in words if not word.startswith("-")} <= services


def check_nightjar(words: list[str]) -> None:
    _parser().parse_args(words)


def check_secrets(words: list[str]) -> None:
    if words:
        secrets_parser().parse_args(words)
