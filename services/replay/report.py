"""What a replay found, for people and for programs."""

from typing import Any

from services.contract.message import iso
from services.replay.compare import Changes
from services.replay.run import Recording, Replay, Span


def as_json(found: Replay) -> dict[str, Any]:
    """Times are seconds from the first frame, of the motion itself: without pre-roll and post-roll."""
    return {
        "frames": found.frames,
        "fps": found.fps,
        "looked": found.looked,
        "undecodable": found.undecodable,
        **({"first": iso(found.first)} if found.first else {}),
        "events": [_event(one) for one in found.events],
        "recordings": [_recording(one) for one in found.recordings],
    }


def _event(one: Span) -> dict[str, Any]:
    return {
        "start_s": round(one.start_s, 3),
        "end_s": round(one.end_s, 3),
        "peak": round(one.peak, 2),
        "boxes": [[round(value, 4) for value in box] for box in one.boxes],
        "zones": sorted(one.zones),
        "recording": one.recording,
        **({"started": iso(one.started)} if one.started else {}),
    }


def _recording(one: Recording) -> dict[str, Any]:
    return {"start_s": round(one.start_s, 3), "end_s": round(one.end_s, 3), "frames": one.frames}


def changes_json(changes: Changes) -> dict[str, Any]:
    """Only in the first, only in the second, and in both."""
    return {
        "gone": [_event(one) for one in changes.gone],
        "new": [_event(one) for one in changes.new],
        "kept": [{"before": _event(before), "after": _event(after)} for before, after in changes.kept],
    }


def table(found: Replay) -> str:
    """The events, one a line."""
    lines = [f"{'recording':>9} {_HEAD}"]
    lines += [f"{one.recording + 1:9} {_line(one)}" for one in found.events]
    if not found.events:
        lines = ["nothing moved"]
    return "\n".join([*lines, "", summary(found)])


def summary(found: Replay) -> str:
    """All of it in one line."""
    events = _count(len(found.events), "event")
    recordings = _count(len(found.recordings), "recording")
    kept = sum(one.frames for one in found.recordings)
    share = found.looked / found.frames if found.frames else 0.0
    return (
        f"{events} in {recordings} of {kept} frames; {found.frames} frames, {found.seconds:.1f} s at "
        f"{found.fps:g} fps, {share:.0%} of them looked at"
    )


def changes_table(changes: Changes, names: tuple[str, str]) -> str:
    """What is gone (-), what is new (+), and what stays, in order of time."""
    lines = [(one.start_s, f" - {_line(one)}") for one in changes.gone]
    lines += [(one.start_s, f" + {_line(one)}") for one in changes.new]
    for before, after in changes.kept:
        moved = (
            "" if before.start_s == after.start_s and before.end_s == after.end_s else _moved(before, after)
        )
        lines.append((before.start_s, f"   {_line(after)}{moved}"))
    text = [f"- {names[0]}, + {names[1]}", "", f"{'':3}{_HEAD}"]
    text += [line for _, line in sorted(lines)] or ["nothing moved with either"]
    text += ["", f"{len(changes.gone)} gone, {len(changes.new)} new, {len(changes.kept)} in both"]
    return "\n".join(text)


_HEAD = f"{'start':>9} {'end':>9} {'seconds':>8} {'peak':>7}"


def _line(one: Span) -> str:
    started = f"  {one.started.astimezone():%Y-%m-%d %H:%M:%S}" if one.started else ""
    zones = f"  in {', '.join(sorted(one.zones))}" if one.zones else ""
    times = f"{one.start_s:9.2f} {one.end_s:9.2f} {one.end_s - one.start_s:8.2f} {one.peak:7.1f}"
    return f"{times}{started}{zones}"


def _moved(before: Span, after: Span) -> str:
    return f"  (starts {after.start_s - before.start_s:+.2f} s, ends {after.end_s - before.end_s:+.2f} s)"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
