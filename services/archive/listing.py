"""`nightjar archive ls` and `show`: events as tables and as JSON."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from services.archive.words import count, moment, size, span, table, zone_name
from services.contract.archive import Manifest, StoredFrame
from services.contract.archive_keys import event_start
from services.contract.message import iso
from services.store.events import EventRef


@dataclass(frozen=True, slots=True)
class Listed:
    """An event as a line of the list; one without a manifest is not closed yet."""

    camera: str
    event: str
    started: datetime
    closed: bool = False
    lasts_s: float = 0.0
    frames: int = 0
    bytes: int = 0
    lost: int = 0
    reason: str = ""

    @classmethod
    def of(cls, ref: EventRef, manifest: Manifest | None) -> "Listed":
        if manifest is None:
            return cls(ref.camera, ref.event, event_start(ref.event))
        return cls(
            manifest.camera,
            manifest.event,
            manifest.started,
            closed=True,
            lasts_s=(manifest.ended - manifest.started).total_seconds(),
            frames=len(manifest.frames),
            bytes=sum(frame.bytes for frame in manifest.frames),
            lost=lost(manifest),
            reason=manifest.reason,
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "camera": self.camera,
            "event": self.event,
            "started": iso(self.started),
            "closed": self.closed,
            "duration_s": round(self.lasts_s, 3),
            "frames": self.frames,
            "bytes": self.bytes,
            "missing": self.lost,
            "reason": self.reason,
        }


def lost(manifest: Manifest) -> int:
    return sum(gap.last - gap.first + 1 for gap in manifest.missing)


def list_lines(listed: list[Listed], zone: tzinfo | None) -> list[str]:
    """A table, and the sum below it."""
    if not listed:
        return ["There are no such events."]
    head = ["event", "camera", f"started ({zone_name(zone, listed[0].started)})", "lasts", "frames", "size"]
    some_lost = any(each.lost for each in listed)
    rows = [
        [
            each.event,
            each.camera,
            moment(each.started, zone),
            span(each.lasts_s) if each.closed else "",
            str(each.frames) if each.closed else "",
            size(each.bytes) if each.closed else "",
            *([str(each.lost or "")] if some_lost else []),
            each.reason if each.closed else "(not closed yet)",
        ]
        for each in listed
    ]
    lines = table(
        [*head, *(["lost"] if some_lost else []), "reason"],
        rows,
        right=frozenset({3, 4, 5, 6} if some_lost else {3, 4, 5}),
    )
    total = f"{count(len(listed), 'event')}, {count(sum(each.frames for each in listed), 'frame')}"
    return [*lines, f"{total}, {size(sum(each.bytes for each in listed))}"]


def show_lines(manifest: Manifest, place: str, zone: tzinfo | None, *, frames: bool) -> list[str]:
    """What is known of an event."""
    total = sum(frame.bytes for frame in manifest.frames)
    lasts_s = (manifest.ended - manifest.started).total_seconds()
    facts = [
        ("event", manifest.event),
        ("camera", manifest.camera),
        ("reason", manifest.reason),
        ("started", f"{moment(manifest.started, zone)} {zone_name(zone, manifest.started)}"),
        ("lasts", span(lasts_s)),
        ("frames", f"{len(manifest.frames)}, {size(total)}"),
        *_recorded(manifest.frames, zone),
        ("missing", f"{lost(manifest)}" if manifest.missing else "none"),
        *(("", f"{gap.first} to {gap.last} of session {gap.session}: {gap.why}") for gap in manifest.missing),
        ("kept at", place),
    ]
    lines = [f"{name:<10}{text}" for name, text in facts]
    if frames:
        lines += [
            f"{iso(frame.time)}  {frame.session}  {frame.sequence:>8}  {frame.bytes:>8}  "
            f"{frame.sha256}  {frame.key}"
            for frame in manifest.frames
        ]
    return lines


def _recorded(frames: list[StoredFrame], zone: tzinfo | None) -> list[tuple[str, str]]:
    if not frames:
        return []
    seconds = (frames[-1].time - frames[0].time).total_seconds()
    rate = f", {(len(frames) - 1) / seconds:.1f} a second" if seconds > 0 else ""
    return [("recorded", f"from {moment(frames[0].time, zone)} for {span(seconds)}{rate}")]
