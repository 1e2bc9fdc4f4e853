"""The run as it is written down: one JSON object a line, so that a run that is cut short is told too."""

import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.lasting.reading import Reading


class Recorder:
    """Appends lines to a file, from any thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w")
        self._lock = threading.Lock()

    def write(self, kind: str, **what: Any) -> None:
        with self._lock:
            self._file.write(json.dumps({"kind": kind, **what}) + "\n")
            self._file.flush()


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that was injected: when, how long it and what followed took, and what went wrong with it."""

    at_s: float
    name: str
    took_s: float
    error: str
    started_again: tuple[str, ...] = ()


@dataclass(slots=True)
class Record:
    """What was read back."""

    begun: dict[str, Any] = field(default_factory=dict)
    readings: dict[str, list[tuple[float, Reading]]] = field(default_factory=lambda: defaultdict(list))
    frames: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    load: list[tuple[float, float]] = field(default_factory=list)
    faults: list[Struck] = field(default_factory=list)
    account: dict[str, Any] = field(default_factory=dict)
    verified: dict[str, Any] = field(default_factory=dict)

    @property
    def lasted_s(self) -> float:
        return self.frames[-1][0] if self.frames else 0.0


def load(path: Path) -> Record:
    """Raises ValueError for a file that is no such record."""
    record = Record()
    for line in path.read_text().splitlines():
        one = json.loads(line)
        kind = one.pop("kind")
        if kind == "begin":
            record.begun = one
        elif kind == "sample":
            for name, reading in one["services"].items():
                record.readings[name].append((one["at_s"], Reading(**reading)))
            record.frames.append((one["at_s"], one["frames"]))
            record.load.append((one["at_s"], one["load"]))
        elif kind == "fault":
            record.faults.append(Struck(**{**one, "started_again": tuple(one["started_again"])}))
        elif kind == "account":
            record.account = one
        elif kind == "verified":
            record.verified = one
    if not record.begun:
        raise ValueError(f"{path} is no record of a long run")
    return record
