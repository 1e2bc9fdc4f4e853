"""Which numbers of an event's frames are missing, when to ask for them again, and when to give up."""

from dataclasses import dataclass

from services.contract.handover import ranges

# The wait after each ask; after the last one a number counts as gone.
WAITS_S = (1.0, 4.0, 16.0)
# A jump in the numbers by more than this is no gap that anybody could fill.
WIDEST = 10_000

Range = tuple[int, int]


@dataclass(slots=True)
class _Missing:
    asked: int = 0
    due_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Ask:
    """These numbers of a session are to be asked for now."""

    session: int
    ranges: list[Range]


class _Session:
    """The numbers of one capture session within the event: from `low` to `high`, but for some."""

    def __init__(self, first: int, last: int) -> None:
        self.low, self.high = first, last
        self.missing: dict[int, _Missing] = {}
        self.gone: dict[int, str] = {}

    def reach(self, first: int, last: int) -> None:
        """The event has these numbers too; whatever of them is not there is missing."""
        for number in range(max(self.high + 1, last - WIDEST), last + 1):
            self.missing[number] = _Missing()
        for number in range(first, min(self.low, first + WIDEST)):
            self.missing[number] = _Missing()
        self.low, self.high = min(self.low, first), max(self.high, last)


class Gaps:
    """One event's numbers, from its pre-roll on, per capture session (the numbers begin at 1 in each)."""

    def __init__(self) -> None:
        self._sessions: dict[int, _Session] = {}

    def arrived(self, session: int, sequence: int) -> None:
        """A frame of the event is there, in whatever order; what it shows to be left out is missing."""
        known = self._sessions.get(session)
        if known is None:
            # Capture began anew in the middle of the event: its numbers from 1 on belong here as well.
            first = sequence if not self._sessions or sequence > WIDEST else 1
            known = self._sessions[session] = _Session(first, first - 1)
        known.reach(sequence, sequence)
        known.missing.pop(sequence, None)
        known.gone.pop(sequence, None)

    def expect(self, session: int, first: int, last: int) -> None:
        """These numbers belong to the event though no frame showed it: an unseen pre-roll, a lost tail."""
        if last < first:
            return
        known = self._sessions.setdefault(session, _Session(first, first - 1))
        known.reach(first, last)

    def lost(self, session: int, gone: list[Range], why: str) -> None:
        """Nobody has these numbers any more."""
        known = self._sessions.get(session)
        if known is None:
            return
        for number in [n for n in known.missing if any(first <= n <= last for first, last in gone)]:
            del known.missing[number]
            known.gone[number] = why

    def due(self, now_s: float) -> list[Ask]:
        """What to ask for now; what was asked for three times in vain is gone."""
        asks = []
        for session, known in self._sessions.items():
            unanswered = [
                n for n, one in known.missing.items() if one.asked == len(WAITS_S) and one.due_s <= now_s
            ]
            self.lost(session, [(n, n) for n in unanswered], "not answered")
            now = sorted(n for n, one in known.missing.items() if one.due_s <= now_s)
            for number in now:
                one = known.missing[number]
                one.due_s = now_s + WAITS_S[one.asked]
                one.asked += 1
            if now:
                asks.append(Ask(session, ranges(now)))
        return asks

    def misses(self, session: int, sequence: int) -> bool:
        """Whether this number of the event is not there; it is welcome even after we gave it up."""
        known = self._sessions.get(session)
        return known is not None and (sequence in known.missing or sequence in known.gone)

    def open(self) -> list[tuple[int, int]]:
        """What may still come, as `(session, sequence)`."""
        return [(session, n) for session, known in self._sessions.items() for n in sorted(known.missing)]

    @property
    def complete(self) -> bool:
        """Nothing is missing any more: all has arrived or is gone."""
        return not any(known.missing for known in self._sessions.values())

    def gone(self) -> list[tuple[int, Range, str]]:
        """What cannot be had any more: `(session, range, why)`."""
        found = []
        for session, known in self._sessions.items():
            for why in sorted(set(known.gone.values())):
                numbers = sorted(n for n, reason in known.gone.items() if reason == why)
                found += [(session, one, why) for one in ranges(numbers)]
        return found
