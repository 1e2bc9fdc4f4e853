"""Motion JPEG over HTTP: JPEGs out of a stream of bytes, whatever the camera thinks a multipart is.

Boundaries are not looked at, since cameras announce one and send another. A part's Content-Length is believed
when a JPEG begins after the part's header and ends where the length says; otherwise the JPEG's own markers
are followed to its end (an EXIF thumbnail has an end of its own, so the next EOI may not be it).
"""

import re

from services.contract.jpeg_head import EOI, SOI, SOS

_START = b"\xff\xd8\xff"
_END = b"\xff\xd9"
ROOM = 64 << 10  # bytes that may come at once; the buffer grows with the camera's pictures
_HEADER = 2048  # bytes before a JPEG in which its part's header is looked for
_PADDING = 64  # zeros and line ends that may stand between a JPEG's end and its Content-Length
_LENGTH = re.compile(
    rb"^content-length[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?\n(?:[^\r\n]+\r?\n)*(?:\r?\n)+\Z",
    re.IGNORECASE | re.MULTILINE,
)
# Within a scan 0xFF is followed by 0 or begins a restart marker; a reserved one is damage that decoders skip.
_MARKER_IN_SCAN = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_NO_SEGMENT = frozenset((0, SOI, EOI, *range(2, 0xC0)))
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD8)))


class MjpegParser:
    """Takes bytes as they come and gives complete JPEGs; holds at most some twice `max_bytes`.

    Whoever can read into a buffer reads into `room()` and tells `took` how much, which saves a copy of each
    picture; others `feed`.
    """

    def __init__(self, max_bytes: int = 16 << 20) -> None:
        self.dropped = 0
        """JPEGs that began and were given up: cut off, too large or broken."""
        self._max_bytes = max_bytes
        self._buffer = bytearray(2 * ROOM)
        self._view = memoryview(self._buffer)
        self._end = 0  # what has come ends here
        self._done = 0  # where the last JPEG ended: what lies before is of no use any more
        self._start = -1  # where the JPEG that is being read begins; -1: none has begun
        self._at = 0  # up to here everything is understood
        self._length = 0  # of the JPEG, as its part's header says; 0: it does not say, or was caught lying
        self._in_scan = False

    def feed(self, data: bytes | bytearray | memoryview) -> list[bytes]:
        """The JPEGs that these bytes complete, byte for byte as the camera sent them."""
        self.room(len(data))[: len(data)] = data
        return self.took(len(data))

    def room(self, least: int = ROOM) -> memoryview:
        """Where the next bytes are to be written, at least so many."""
        if len(self._buffer) - self._end < least:
            self._tidy()
            if len(self._buffer) - self._end < least:
                self._buffer = self._buffer[: self._end].ljust(max(self._end + least, 2 * len(self._buffer)))
                self._view = memoryview(self._buffer)
        return self._view[self._end :]

    def took(self, count: int) -> list[bytes]:
        """The JPEGs that are complete with so many bytes more."""
        self._end += count
        found = []
        while self._begun():
            if end := self._find_end():
                found.append(self._view[self._start : end].tobytes())
                self._start, self._done, self._at = -1, end, end
            elif self._start >= 0:  # bytes are missing
                if self._end - self._start <= self._max_bytes:
                    return found
                self._give_up(self._start + 2)
        self._tidy()  # what is left is a part's header at most
        return found

    def _tidy(self) -> None:
        """Forgets what is of no use any more."""
        known = self._start if self._start >= 0 else self._at
        if cut := max(self._done, known - _HEADER):
            self._view[: self._end - cut] = self._view[cut : self._end]
            self._end, self._at, self._done = self._end - cut, self._at - cut, 0
            self._start = self._start - cut if self._start >= 0 else -1

    def _begun(self) -> bool:
        """Whether a JPEG has begun; where it just did, reads how long it is from the header before it."""
        if self._start >= 0:
            return True
        start = self._buffer.find(_START, self._at, self._end)
        if start < 0:
            self._at = max(self._at, self._end - 2)
            return False
        self._start, self._at, self._in_scan = start, start + 2, False
        match = _LENGTH.search(self._buffer, max(self._done, start - _HEADER), start)
        length = int(match[1]) if match else 0
        self._length = length if length <= self._max_bytes else 0
        return True

    def _give_up(self, go_on_at: int) -> None:
        self.dropped += 1
        self._start, self._at = -1, go_on_at

    def _find_end(self) -> int:
        """Where the JPEG ends; 0 while bytes are missing, and where it was given up."""
        if self._length:
            until = self._start + self._length
            if self._end < until:
                return 0
            tail = self._buffer[max(self._at, until - _PADDING) : until]
            end = until - (len(tail) - len(tail.rstrip(b"\x00\r\n")))
            if self._buffer[max(self._at, end - 2) : end] == _END:
                return end
            self._length = 0
        return self._walk()

    def _walk(self) -> int:
        """Follows the JPEG's markers from where that was left; answers as `_find_end` does."""
        buffer = self._buffer
        while (marker := self._next_marker()) is not None:
            if marker == EOI and self._in_scan:
                return self._at + 2
            if marker in _NO_SEGMENT:  # broken, or cut off and already the next one
                self._give_up(self._start + 2)
                return 0
            if marker == 0xFF:  # fill byte
                self._at += 1
            elif marker in _WITHOUT_LENGTH:
                self._at += 2
            else:
                self._at += 2 + int.from_bytes(buffer[self._at + 2 : self._at + 4], "big")
                self._in_scan = self._in_scan or marker == SOS
        return 0

    def _next_marker(self) -> int | None:
        """Moves to the next marker; 0 where none is though one must be, None while bytes are missing."""
        buffer = self._buffer
        if self._in_scan:
            match = _MARKER_IN_SCAN.search(buffer, self._at, self._end)
            if match is None:
                self._at = max(self._at, self._end - 1)
                return None
            self._at = match.start()
        if self._at + 4 > self._end and buffer[self._at : min(self._at + 2, self._end)] != _END:
            return None
        return buffer[self._at + 1] if buffer[self._at] == 0xFF else 0


def jpeg_in(data: bytes) -> bytes | None:
    """The first complete JPEG in the bytes: files and buffers may hold more behind it. None without one."""
    jpegs = MjpegParser(len(data)).feed(data)
    return jpegs[0] if jpegs else None
