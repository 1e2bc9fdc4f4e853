"""What the doctor found: a sentence, and what to do."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How much it matters."""

    WELL = "well"
    NOTE = "note"  # worth knowing, nothing to do
    WARNING = "warning"  # something will go wrong, or is not as it should be
    WRONG = "wrong"  # something does not work, or was lost


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one part (`broker`, `services`, `cameras`, `archive`, `disk`)."""

    part: str
    level: Level
    text: str
    advice: str = ""

    def json(self) -> dict[str, Any]:
        return asdict(self)


def well(part: str, text: str) -> Finding:
    return Finding(part, Level.WELL, text)


def note(part: str, text: str, advice: str = "") -> Finding:
    return Finding(part, Level.NOTE, text, advice)


def warning(part: str, text: str, advice: str) -> Finding:
    return Finding(part, Level.WARNING, text, advice)


def wrong(part: str, text: str, advice: str) -> Finding:
    return Finding(part, Level.WRONG, text, advice)


def is_ill(findings: Iterable[Finding]) -> bool:
    """Whether somebody has to do something."""
    return any(each.level in (Level.WARNING, Level.WRONG) for each in findings)
