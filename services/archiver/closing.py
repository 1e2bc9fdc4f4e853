"""Closing an event: which of its frames are still missing, whom to ask for them, and when to give up."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from services.archiver.ledger import EventAccount, Number
from services.contract.archive import Manifest
from services.contract.events import Missing
from services.contract.experiments import Slice
from services.contract.handover import Handover, Resend, Resent, ranges

#: Seconds after which the same holder is asked again, and then given up ("repair by number").
WAITS_S = (1.0, 4.0, 16.0)
#: Nothing is missing before no frame has come for so long: the handover overtakes them.
GRACE_S = 0.5
#: Ranges in one request; what does not fit is asked for next time.
MOST_RANGES = 100

Holder = Literal["motion", "capture"]


@dataclass(frozen=True, slots=True)
class Close:
    """All that can be had is in the store."""

    manifest: Manifest


@dataclass(frozen=True, slots=True)
class SetAside:
    """All that can be had is with us, but not all of it in the store, which is away: it is closed later."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is in the store: an archiver before this one may have put some there, and somebody may have
    deleted some of those that are known, by their keys.
    """

    known: frozenset[str]


class Closing:
    """One ended event until it can be closed. Pure: the time and what is stored are given.

    What is missing is looked for in the store first. Then each holder that may have it is asked up to three
    times: motion, which keeps an event's frames, and then capture, which keeps its last ones; of a slice
    capture alone, since motion never had it. As long as frames come, nobody is asked again and nothing is
    given up. A slice is always looked for: where capture was killed, there are more than it knows of.
    While the store is away nobody can look; then the holders are asked first. At last each frame has been
    seen in the store, whoever stored it and whatever was done to the store meanwhile.
    """

    def __init__(self, handover: Handover, now_s: float) -> None:
        self.handover = handover
        self._wanted: list[Number] = [(frame.session, frame.sequence) for frame in handover.frames]
        self._slice = handover.slice
        self._holders: tuple[Holder, ...] = ("capture",) if self._slice else ("motion", "capture")
        self._asks = [(holder, wait_s) for holder in self._holders for wait_s in WAITS_S]
        self._gone: dict[Holder, set[Number]] = {holder: set() for holder in self._holders}
        self._looked = False
        self._seen: set[str] = set()
        self._next_s = now_s + GRACE_S

    def _missing(self, account: EventAccount) -> list[Number]:
        """Frames of the event that are neither in the store or the spool nor given up."""
        have = account.stored.keys() | account.failed.keys() | account.spooled
        return [number for number in self._wanted if number not in have]

    def resent(self, answer: Resent) -> None:
        """A holder says what it no longer has."""
        self._gone.get(answer.by, set()).update(
            (session, number)
            for session, number in self._wanted
            if session == answer.session and any(first <= number <= last for first, last in answer.gone)
        )

    def saw(self, keys: Iterable[str]) -> None:
        """Whoever looked has seen that these are in the store."""
        self._seen.update(keys)

    def look_again(self) -> None:
        """Looking failed, or what was seen may be gone by now: the store was away."""
        self._looked = False
        self._seen.clear()

    def step(
        self, account: EventAccount, now_s: float, *, reachable: bool = True, coming: bool = False
    ) -> list[Resend] | Look | Close | SetAside:
        """What to do now: nothing (an empty list), requests to publish, look in the store, close, or wait.

        `reachable`: the store may be asked. `coming`: some of the event's frames may be with us already.
        """
        missing, keys = self._missing(account), frozenset(frame.key for frame in account.stored.values())
        if missing and coming:
            return []
        due_s = max(self._next_s, account.came_s + GRACE_S)
        may_come = (missing and not self._all_gone(missing)) or self._is_remnant
        if may_come and now_s < due_s:
            return []
        if (missing or self._slice) and not self._looked and reachable:
            return self._look(keys)
        if requests := self._ask(missing, now_s):
            return requests
        if account.spooled or not reachable:
            return SetAside()
        return Close(self._manifest(account, missing)) if keys <= self._seen else self._look(keys)

    def _look(self, keys: frozenset[str]) -> Look:
        self._looked = True
        return Look(keys)

    def _ask(self, missing: list[Number], now_s: float) -> list[Resend]:
        """Of whoever is next; empty where all were asked, or nothing is missing."""
        while self._asks and missing:
            holder, wait_s = self._asks[0]
            askable = [number for number in missing if number not in self._gone[holder]]
            if not askable:
                self._asks = [ask for ask in self._asks if ask[0] != holder]
                continue
            del self._asks[0]
            self._next_s = now_s + wait_s
            return self._requests(askable, holder)
        return []

    @property
    def _is_remnant(self) -> bool:
        """Capture was killed and tells what it knows; later pictures may still be on their way."""
        return self._slice is not None and len(self._slice.off_s) < len(self._wanted)

    def _all_gone(self, numbers: list[Number]) -> bool:
        return all(number in gone for gone in self._gone.values() for number in numbers)

    def _requests(self, numbers: list[Number], holder: Holder) -> list[Resend]:
        requests = []
        for session in dict.fromkeys(session for session, _ in numbers):
            wanted = ranges(sorted(n for s, n in numbers if s == session))[:MOST_RANGES]
            requests.append(
                Resend(session=session, ranges=wanted, wanted_for=self.handover.event, ask=holder)
            )
        return requests

    def _manifest(self, account: EventAccount, missing: list[Number]) -> Manifest:
        why = dict.fromkeys(missing, "nobody has it any more")
        wanted = set(self._wanted)
        why |= {number: reason for number, reason in account.failed.items() if number in wanted}
        handover = self.handover
        frames = sorted(account.stored.values(), key=lambda frame: (frame.time, frame.sequence))
        return Manifest(
            camera=handover.camera,
            event=handover.event,
            reason=handover.reason,
            started=handover.started,
            ended=handover.ended,
            frames=frames,
            missing=[*handover.missing, *_as_ranges(why)],
            zones=handover.zones,
            slice=self._slice and self._of(self._slice, [(each.session, each.sequence) for each in frames]),
        )

    def _of(self, slice_: Slice, frames: list[Number]) -> Slice:
        """With the distance of each of these frames, in their order; none where one is not known."""
        known = dict(zip(self._wanted, slice_.off_s, strict=False))
        known = known if len(slice_.off_s) == len(self._wanted) and known.keys() >= set(frames) else {}
        return slice_.model_copy(update={"off_s": [known[number] for number in frames if known]})


def _as_ranges(why: dict[Number, str]) -> list[Missing]:
    found = []
    for session, reason in dict.fromkeys((session, reason) for (session, _), reason in why.items()):
        numbers = sorted(n for (s, n), r in why.items() if (s, r) == (session, reason))
        found += [
            Missing(session=session, first=first, last=last, why=reason) for first, last in ranges(numbers)
        ]
    return found
