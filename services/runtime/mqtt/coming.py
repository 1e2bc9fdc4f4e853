"""A PUBLISH that comes in pieces: its head is read once, its payload is put together once.

paho reads a head byte by byte, copies a payload five times, and makes a list of properties of which nobody
here asks: for a frame of 60 KB more than the kernel needs to bring it.
"""

from dataclasses import dataclass, field

_PUBLISH, _QOS_2, _RETAIN = 0x3, 0x04, 0x01
_ID = 2  # bytes: a message's
_LONGEST = 4  # bytes of a length, as MQTT writes it


@dataclass(slots=True)
class Incoming:
    """A message on its way to us; what paho's handlers get, as far as ours look at it.

    `parts` is what has come of the payload, and `lacking` the bytes that have not.
    """

    topic: str
    mid: int
    qos: int
    retain: bool
    lacking: int
    parts: list[bytes] = field(default_factory=list)

    def take(self, part: bytes) -> None:
        self.parts.append(part)
        self.lacking -= len(part)

    @property
    def payload(self) -> bytes:
        """All of it, once nothing is lacking."""
        if len(self.parts) != 1:
            self.parts = [b"".join(self.parts)]
        return self.parts[0]


def begun(came: bytes, *, version5: bool) -> tuple[Incoming, bytes] | None:
    """The message with which these bytes begin, and the bytes behind it.

    None where they begin with something else than a PUBLISH at QoS 0 or 1 in good order, with all of its
    head (MQTT 5, 3.3.1 and 3.3.2): paho knows what to do.
    """
    first = came[0]
    if first >> 4 != _PUBLISH or first & _QOS_2:
        return None
    try:
        size, at = _length(came, 1)
        end, qos = at + size, first >> 1 & 1
        named = at + 2 + int.from_bytes(came[at : at + 2], "big")
        topic, mid = came[at + 2 : named].decode(), 0
        at = named
        if qos:
            mid, at = int.from_bytes(came[at : at + _ID], "big"), at + _ID
        if version5:
            properties, at = _length(came, at)
            at += properties
    except (IndexError, UnicodeDecodeError):
        return None
    if not topic or at > min(end, len(came)):
        return None
    message = Incoming(topic, mid, qos, bool(first & _RETAIN), end - at)
    message.take(came[at:end])
    return message, came[end:]


def _length(came: bytes, at: int) -> tuple[int, int]:
    """A length as MQTT writes it, and where it ends. Raises IndexError where not all of it is there."""
    size = 0
    for n in range(_LONGEST):
        size |= (came[at + n] & 0x7F) << (7 * n)
        if not came[at + n] & 0x80:
            return size, at + n + 1
    raise IndexError("a length has four bytes at most")
