"""The account of a long run: which numbers capture gave, which came into events, which are in the store."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from services.contract.archive import Manifest

Number = tuple[str, int]
"""A frame by its capture session and its number in it."""


@dataclass(slots=True)
class CameraBook:
    """What was seen and heard of one camera."""

    last: dict[str, int] = field(default_factory=dict)  # each capture session's last number, the newest last
    seen: set[Number] = field(default_factory=set)  # frames that the broker carried
    in_events: dict[str, set[Number]] = field(default_factory=lambda: defaultdict(set))
    ends: dict[str, str] = field(default_factory=dict)  # how each event was answered

    def numbered(self, session: str, last: int) -> None:
        """Capture has given so many numbers in that session."""
        self.last[session] = max(last, self.last.get(session, 0))

    def carried(self, number: Number) -> None:
        self.seen.add(number)
        self.numbered(*number)

    def belongs(self, event: str, numbers: Iterable[Number]) -> None:
        """These are frames of that event."""
        self.in_events[event].update(numbers)

    def answered(self, event: str, how: str) -> None:
        self.ends[event] = how

    def went_with_capture(self, number: Number) -> bool:
        """Nobody saw it, nor any later one of its session, after which there was another."""
        session, sequence = number
        last_seen = max((each for of, each in self.seen if of == session), default=0)
        return sequence > last_seen and session != next(reversed(self.last))

    def unanswered(self) -> set[str]:
        """Events of which no end was heard; a broker that is killed may take one along."""
        return {event for event in self.in_events if event not in self.ends}


@dataclass(slots=True)
class Account:
    """Frames of all cameras; `lost` names each that should be in the store and is not."""

    numbered: int = 0
    published: int = 0
    events: int = 0
    in_events: int = 0
    stored: int = 0
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    #: Numbers of events that went with a capture which ended: nobody else ever had them.
    cut_off: int = 0
    unanswered: list[str] = field(default_factory=list)

    def add(self, other: "Account") -> None:
        self.numbered += other.numbered
        self.published += other.published
        self.events += other.events
        self.in_events += other.in_events
        self.stored += other.stored
        self.doubled += other.doubled
        self.lost += other.lost
        self.cut_off += other.cut_off
        self.unanswered += other.unanswered


def settle(camera: str, book: CameraBook, manifests: Iterable[Manifest]) -> Account:
    """The account of one camera, from what was heard of it and the manifests in the store."""
    stored: dict[Number, str] = {}
    account = Account()
    named: set[Number] = set()
    closed = set()
    for manifest in manifests:
        closed.add(manifest.event)
        for frame in manifest.frames:
            number = (frame.session, frame.sequence)
            if stored.setdefault(number, frame.key) != frame.key:
                account.doubled.append(f"{camera}: number {number[1]} of {number[0]} is under two keys")
        named.update(_missing(manifest))
    belonging = set().union(*book.in_events.values())
    unanswered = book.unanswered() - closed
    open_ones = set().union(*(book.in_events[event] for event in unanswered))
    account.events = len(closed)
    account.numbered = sum(book.last.values())
    account.published = len(book.seen | set(stored))
    account.in_events = len(belonging | set(stored) | named)
    account.stored = len(stored)
    account.unanswered = [f"{camera}/{event}" for event in sorted(unanswered)]
    missing = (belonging | named) - set(stored) - open_ones
    cut_off = {number for number in missing if book.went_with_capture(number)}
    account.cut_off = len(cut_off)
    account.lost = [f"{camera}: number {number[1]} of {number[0]}" for number in sorted(missing - cut_off)]
    return account


def _missing(manifest: Manifest) -> Iterator[Number]:
    for gap in manifest.missing:
        for sequence in range(gap.first, gap.last + 1):
            yield gap.session, sequence
