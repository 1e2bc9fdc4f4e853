"""The frames that were handed over lately, kept to be given again to whoever misses a number."""

from collections import OrderedDict

from services.contract.pieces import Pieces


class Ring:
    """A camera's last frames by number, bounded in bytes and seconds; the oldest go first."""

    def __init__(self, max_bytes: int, max_age_s: float) -> None:
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._frames: OrderedDict[int, tuple[float, bytes | Pieces]] = OrderedDict()
        self._bytes = 0

    def put(self, sequence: int, jpeg: bytes | Pieces, now_s: float) -> None:
        self._frames[sequence] = (now_s, jpeg)
        self._bytes += len(jpeg)
        while self._frames:
            taken_s, oldest = next(iter(self._frames.values()))
            if self._bytes <= self._max_bytes and now_s - taken_s <= self._max_age_s:
                return
            self._frames.popitem(last=False)
            self._bytes -= len(oldest)

    def get(self, sequence: int) -> bytes | None:
        """The frame with that number, or None where it is gone or never was."""
        found = self._frames.get(sequence)
        return bytes(found[1]) if found else None
