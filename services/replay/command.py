"""`nightjar replay`: reads what was asked for, and says what was found."""

import argparse
import json
from pathlib import Path
from typing import Any

from services.motion.video import quiet
from services.replay import report
from services.replay.arguments import KNOBS
from services.replay.bar import Bar
from services.replay.chosen import motion_of
from services.replay.compare import compare
from services.replay.opening import open_source
from services.replay.plot import plot
from services.replay.run import Replay, replay
from services.replay.shots import NotReplayable
from services.runtime.errors import UserError


def main(arguments: argparse.Namespace) -> int:
    """The exit status. Raises UserError."""
    quiet()
    paths: list[Path | None] = list(arguments.compare or [arguments.settings])
    over = {knob: value for knob in KNOBS if (value := getattr(arguments, knob)) is not None}
    several = [motion_of(path, arguments.camera, over) for path in paths]
    try:
        source = open_source(arguments)
        with Bar() as bar:
            found = replay(source, several, bar.show)
    except NotReplayable as reason:
        raise UserError(str(reason)) from None
    names = [str(path) for path in paths] if arguments.compare else [str(arguments.source)]
    if arguments.plot:
        _write(arguments.plot, plot(list(zip(names, found, strict=True))))
    text, content = _told(found, names)
    if str(arguments.json) == "-":
        print(json.dumps(content, indent=1))
        return 0
    if arguments.json:
        _write(arguments.json, json.dumps(content, indent=1) + "\n")
    print(text)
    return 0


def _told(found: list[Replay], names: list[str]) -> tuple[str, dict[str, Any]]:
    if len(found) == 1:
        return report.table(found[0]), report.as_json(found[0])
    before, after = found
    changes = compare(before.events, after.events)
    lines = [report.changes_table(changes, (names[0], names[1]))]
    lines += [f"{name}: {report.summary(one)}" for name, one in zip(names, found, strict=True)]
    content = {
        "before": {"settings": names[0], **report.as_json(before)},
        "after": {"settings": names[1], **report.as_json(after)},
        "changes": report.changes_json(changes),
    }
    return "\n".join(lines), content


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
