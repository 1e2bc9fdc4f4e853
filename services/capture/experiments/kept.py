"""The pictures of slices that the archiver has not answered for, so that it can have each of them again."""


class Kept:
    """Pictures by slice and number, of no more than `max_bytes` in all; the oldest go first."""

    def __init__(self, max_bytes: int) -> None:
        self.bytes = 0
        self._max_bytes = max_bytes
        self._slices: dict[str, dict[int, bytes]] = {}

    def add(self, event: str, sequence: int, jpeg: bytes) -> None:
        self._slices.setdefault(event, {})[sequence] = jpeg
        self.bytes += len(jpeg)
        while self.bytes > self._max_bytes:
            oldest = next(iter(self._slices))
            pictures = self._slices[oldest]
            self.bytes -= len(pictures.pop(next(iter(pictures))))
            if not pictures:
                del self._slices[oldest]

    def get(self, sequence: int) -> bytes | None:
        return next((pictures[sequence] for pictures in self._slices.values() if sequence in pictures), None)

    def release(self, event: str) -> None:
        self.bytes -= sum(map(len, self._slices.pop(event, {}).values()))
