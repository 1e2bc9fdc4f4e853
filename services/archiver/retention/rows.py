"""The sizes of one camera's events, packed: an archive of years has millions of them."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import compress

from services.contract.archive_keys import event_start

#: Seconds of an event's time are counted from here: no time is earlier.
_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
_DIGITS = 16
#: Of a row: it was listed with its manifest, and it was seen in the pass that goes on.
_FINAL, _SEEN = 1, 2


class Rows:
    """Rows of event and size, sorted by event; 25 bytes each, where a dict of strings takes ten times that.

    An id is a time and 4 to 16 hexadecimal digits. These are kept flush left, with how many they are, so that
    rows sort as the ids do. Events come in order nearly always, so that a row goes to the end.
    """

    def __init__(self) -> None:
        self._times = array("Q")  # seconds, and in the lowest byte how many digits there are
        self._digits = array("Q")
        self._sizes = array("Q")
        self._marks = bytearray()
        self.total = 0

    def __len__(self) -> int:
        return len(self._marks)

    def size(self, event: str) -> int:
        at, is_there = self._find(event)
        return self._sizes[at] if is_there else 0

    def put(self, event: str, size: int, *, is_final: bool) -> None:
        """Raises ValueError for what is no event's id."""
        at, is_there = self._find(event)
        if is_there:
            self.total += size - self._sizes[at]
            self._sizes[at] = size
        else:
            seconds, count, digits = _packed(event)
            self._times.insert(at, seconds << 8 | count)
            self._digits.insert(at, digits)
            self._sizes.insert(at, size)
            self._marks.insert(at, 0)
            self.total += size
        self._marks[at] = _SEEN | (_FINAL if is_final else 0)

    def confirm(self, event: str) -> bool:
        """It is still there; False where it has to be listed."""
        at, is_there = self._find(event)
        if not is_there or not self._marks[at] & _FINAL:
            return False
        self._marks[at] |= _SEEN
        return True

    def drop(self, event: str) -> None:
        at, is_there = self._find(event)
        if is_there:
            self.total -= self._sizes[at]
            for column in (self._times, self._digits, self._sizes, self._marks):
                del column[at]

    def doubt(self) -> None:
        """A pass begins, in which each is confirmed or put anew."""
        self._marks = self._marks.translate(bytes(mark & ~_SEEN & 0xFF for mark in range(256)))

    def drop_doubtful(self) -> None:
        """The pass is over: what it did not see is there no more."""
        stay = [mark & _SEEN for mark in self._marks]
        if all(stay):
            return
        self._times, self._digits, self._sizes = (
            array("Q", compress(column, stay)) for column in (self._times, self._digits, self._sizes)
        )
        self._marks = bytearray(compress(self._marks, stay))
        self.total = sum(self._sizes)

    def final(self) -> Iterator[tuple[str, int]]:
        """Those whose size changes no more."""
        for at, mark in enumerate(self._marks):
            if mark & _FINAL:
                yield self._event(at), self._sizes[at]

    def _find(self, event: str) -> tuple[int, bool]:
        seconds, count, digits = _packed(event)
        wanted = (seconds, digits, count)
        at = bisect_left(range(len(self)), wanted, key=self._order)
        return at, at < len(self) and self._order(at) == wanted

    def _order(self, at: int) -> tuple[int, int, int]:
        return self._times[at] >> 8, self._digits[at], self._times[at] & 0xFF

    def _event(self, at: int) -> str:
        seconds, digits, count = self._order(at)
        start = _EPOCH + timedelta(seconds=seconds)
        return f"{start.year:04}{start:%m%dT%H%M%SZ}-{f'{digits:016x}'[:count]}"


def _packed(event: str) -> tuple[int, int, int]:
    """Seconds, how many digits, and the digits."""
    start = event_start(event) - _EPOCH
    digits = event.rpartition("-")[2]
    return start.days * 86400 + start.seconds, len(digits), int(digits.ljust(_DIGITS, "0"), 16)
