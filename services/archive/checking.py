"""What can be wrong with an archived event. Pure: what is stored is given."""

import hashlib
from bisect import bisect_left
from collections import Counter

from services.contract.archive import Manifest, StoredFrame
from services.contract.frame import NotAFrame, identify
from services.contract.handover import ranges

#: A jump to a higher number than this, at the start of a session, is no gap that anybody could fill.
WIDEST = 10_000

Range = tuple[int, int]


def wrong_frame(frame: StoredFrame, camera: str, jpeg: bytes) -> str | None:
    """What is wrong with a stored frame, as a sentence about its key; None where nothing is."""
    if len(jpeg) != frame.bytes:
        return f"{frame.key} has {len(jpeg)} bytes instead of {frame.bytes}"
    if hashlib.sha256(jpeg).hexdigest() != frame.sha256:
        return f"{frame.key} is not what was stored: its SHA-256 is another"
    try:
        said = identify(jpeg)
    except NotAFrame as error:
        return f"{frame.key} is no whole picture: {error}"
    if said is None or (said.camera, said.session_hex, said.sequence) != (
        camera,
        frame.session,
        frame.sequence,
    ):
        return f"{frame.key} is another frame than number {frame.sequence} of {camera}"
    return None


def unexplained(manifest: Manifest) -> list[str]:
    """Numbers of the event that are neither there nor said to be missing, and those that are there twice.

    Between pictures on a schedule there are numbers of others, so a slice has no gaps.
    """
    numbers = Counter((frame.session, frame.sequence) for frame in manifest.frames)
    doubled = sorted(number for number, times in numbers.items() if times > 1)
    found = [f"number {number} of session {session} is listed twice" for session, number in doubled]
    if manifest.slice:
        return found
    sessions = dict.fromkeys(frame.session for frame in manifest.frames)
    for n, session in enumerate(sessions):
        there = sorted(number for s, number in numbers if s == session)
        # in the middle of an event a new session begins, with number 1
        low = 1 if n and there[0] <= WIDEST else there[0]
        lost = [(gap.first, gap.last) for gap in manifest.missing if gap.session == session]
        known = set(there)
        nobody = [
            number
            for number in range(low, there[-1])
            if number not in known and not any(first <= number <= last for first, last in lost)
        ]
        found += [
            f"{_range(gap)} of session {session}: neither there nor explained" for gap in ranges(nobody)
        ]
    return found


class Seen:
    """Numbers of the events that were looked at: a frame belongs to one event at most."""

    def __init__(self) -> None:
        self._ranges: dict[tuple[str, str], list[tuple[Range, str]]] = {}

    def doubled(self, manifest: Manifest) -> list[str]:
        """Numbers that an event before this one has too; remembers this one's. Slices do not count."""
        if manifest.slice:
            return []
        found = []
        for session in dict.fromkeys(frame.session for frame in manifest.frames):
            known = self._ranges.setdefault((manifest.camera, session), [])
            for one in ranges(sorted({f.sequence for f in manifest.frames if f.session == session})):
                at = bisect_left(known, (one, ""))
                for (first, last), event in known[max(0, at - 1) : at + 1]:
                    both = (max(first, one[0]), min(last, one[1]))
                    if both[0] <= both[1]:
                        found.append(f"{_range(both)} of session {session} belong to {event} as well")
                known.insert(at, (one, manifest.event))
        return found


def _range(one: Range) -> str:
    return f"number {one[0]}" if one[0] == one[1] else f"numbers {one[0]} to {one[1]}"
