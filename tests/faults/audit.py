"""What the cameras made, compared with what is in the store. Pure.

Two witnesses know what was made: the cameras, picture by picture, and a subscriber that noted the numbers
which capture gave. Where both missed a frame, the numbers beside it still tell that there was one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.faults.lenses import Picture
from tests.faults.witness import Number

#: Seconds before the first picture that moved which must be there too; the pre-roll is longer.
BEFORE_S = 0.8
#: So many pictures of what moves are enough to see it; with fewer it is no event yet.
ENOUGH = 8


@dataclass(slots=True)
class Account:
    """One camera's event, or many of them."""

    injections: int = 0
    made: int = 0
    stored: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    cut_off: int = 0  # never left a capture that was killed
    skipped: int = 0  # got no number: capture was busy
    story: list[str] = field(default_factory=list)  # for whoever looks for the reason

    def add(self, other: "Account") -> None:
        self.injections += other.injections
        self.made += other.made
        self.stored += other.stored
        self.lost += other.lost
        self.doubled += other.doubled
        self.cut_off += other.cut_off
        self.skipped += other.skipped
        self.story += other.story


def wanted(pictures: Sequence[Picture]) -> list[Picture]:
    """Those that an event must have: from a moment before it moved to the last that moved."""
    moving = [picture for picture in pictures if picture.moving]
    if not moving:
        return []
    first, last = moving[0], moving[-1]
    return [
        picture
        for picture in pictures
        if picture.sent_s >= first.sent_s - BEFORE_S and picture.number <= last.number
    ]


def audit(
    camera: str,
    pictures: Sequence[Picture],
    seen: Mapping[Number, int],
    stored: Mapping[Number, int],
    copies: Mapping[Number, int],
    *,
    may_cut_off: bool = False,
) -> Account:
    """Whether each wanted picture is in the store, once.

    `seen` and `stored` say which picture each number is, on MQTT and in the store; `copies` under how many
    keys each number is. `may_cut_off`: capture was killed, and what it had not handed over went with it.
    """
    account = Account(injections=1)
    by_picture = {picture: number for number, picture in {**seen, **stored}.items()}
    need = wanted(pictures)
    if may_cut_off:
        need = _judged(need, by_picture)
    for picture in need:
        number = by_picture.get(picture.number)
        if number is None:
            fate = _fate(picture.number, by_picture)
            if fate == "skipped":
                account.skipped += 1
            elif may_cut_off:
                account.cut_off += 1
            else:
                account.made += 1
                account.lost.append(f"{camera}: picture {picture.number}, {fate}")
            continue
        account.made += 1
        if number in stored:
            account.stored += 1
        else:
            account.lost.append(f"{camera}: picture {picture.number}, number {number[1]} of {number[0]}")
    account.doubled += [
        f"{camera}: number {number[1]} of {number[0]} is under {count} keys"
        for number, count in copies.items()
        if count > 1
    ]
    times = Counter(stored.values())
    account.doubled += [f"{camera}: picture {p} has two numbers" for p, count in times.items() if count > 1]
    return account


def _judged(need: Sequence[Picture], by_picture: Mapping[int, Number]) -> list[Picture]:
    """What moved, but for a session that ended before anybody could see it.

    What came before cannot be demanded: capture stood still, and pre-roll goes by its time.
    """
    need = [picture for picture in need if picture.moving]
    sessions = {picture: by_picture[picture.number][0] for picture in need if picture.number in by_picture}
    moving = Counter(session for picture, session in sessions.items() if picture.moving)
    enough = {session for session, count in moving.items() if count >= ENOUGH}
    return [picture for picture in need if sessions.get(picture, "") in {*enough, ""}]


def _fate(picture: int, by_picture: Mapping[int, Number]) -> str:
    """Of a picture whose number nobody knows: `skipped` before it got one, or what tells otherwise."""
    before = max((p for p in by_picture if p < picture), default=None)
    after = min((p for p in by_picture if p > picture), default=None)
    if before is None or after is None:
        return "at the edge of all that is known"
    one, other = by_picture[before], by_picture[after]
    if one[0] == other[0] and other[1] == one[1] + 1:
        return "skipped"
    return f"between number {one[1]} of {one[0]} and {other[1]} of {other[0]}"
