"""The settings of motion as people turn them: a label, what it does, a range."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.contract.controls import Control, Number


@dataclass(frozen=True, slots=True)
class Words:
    """How a setting is called, what it does, and how far its slider goes where the setting goes further."""

    label: str
    help: str
    most: float | None = None
    least: float | None = None
    # On the page at first; the others are under "More".
    first: bool = False
    # Where nothing is set, what the slider shows.
    usual: float | None = None


WORDS = {
    "sensitivity": Words("Sensitivity", "Higher sees more: fainter and smaller things.", first=True),
    "min_area": Words(
        "Least size", "Of the picture that moves together.", least=0.0001, most=0.05, first=True, usual=0.0013
    ),
    "threshold": Words(
        "Threshold", "How far above its own noise a place must be.", least=1, most=20, first=True, usual=5
    ),
    "min_duration": Words("Least duration", "It must move for so long before it counts.", most=3, first=True),
    "post_roll": Words("Post-roll", "An event ends when nothing has moved for so long.", most=60, first=True),
    "pre_roll": Words("Pre-roll", "So much from before the motion belongs to its event.", most=30),
    "cool_down": Words("Cool-down", "After an event no other begins for so long.", most=600),
    "max_length": Words("Greatest length", "Then a new event follows on.", most=1800),
    "learning_rate": Words("Learning", "Part of what stays that becomes background each second.", most=0.5),
    "analysis_fps": Words("Analysed a second", "At most so many frames; 0: as many as help.", most=30),
    "working_height": Words("Lines analysed", "Of the picture; more see smaller things, and cost more."),
}


@dataclass(frozen=True, slots=True)
class Knob:
    """One slider with its number."""

    name: str
    words: Words
    low: float
    high: float
    step: float
    unit: str
    # As it stands on `…/state`; empty where it is not known yet.
    value: str
    # Nothing may be set; then it follows from the sensitivity.
    may_be_empty: bool

    @property
    def shown(self) -> str:
        return self.value or f"{self.low if self.words.usual is None else self.words.usual:g}"


def knobs(controls: list[Control], settings: Mapping[str, str]) -> list[Knob]:
    """Those that have words, in the order of the words."""
    known = {control.name: control.read for control in controls}
    return [_knob(name, words, known[name], settings.get(name, "")) for name, words in WORDS.items()]


def _knob(name: str, words: Words, takes: object, value: str) -> Knob:
    assert isinstance(takes, Number)
    return Knob(
        name=name,
        words=words,
        low=takes.low if words.least is None else words.least,
        high=takes.high if words.most is None else words.most,
        step=takes.step,
        unit=takes.unit,
        value=value,
        may_be_empty=takes.empty,
    )
