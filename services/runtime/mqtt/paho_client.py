"""paho's client, with what happens once per frame made cheap."""

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from services.contract.pieces import Pieces, parts_of
from services.runtime.mqtt.coming import Incoming, begun

#: Instead of a message's id: it has none at QoS 0.
AT_MOST_ONCE = 0

_YES = ReasonCode(PacketTypes.PUBACK)
_NO_PROPERTIES = Properties(PacketTypes.PUBACK)  # type: ignore[no-untyped-call]  # paho has no types here
_ID = 2  # bytes: a message's
_PUBLISH, _AT_LEAST_ONCE, _RETAIN = 0x30, 0x32, 0x01
_PUBACK = b"\x40\x02"  # with nothing but the id of a message
_AHEAD = 4096  # bytes that are read at once where paho wants a few


class PahoClient(Client):
    """Publishes frames without what paho keeps of each message, and reads answers with one call.

    paho copies a frame into a packet of its own, keeps it with an object that can be waited for, and reads an
    answer byte by byte, looking all reasons up that MQTT 5 knows: together as much as the kernel needs to
    send 60 KB. An answer of ours goes through twenty functions of its. What comes is read here as well (see
    `coming`). The rest is paho's; these are details of paho 2.2, whose version is locked.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._ahead = b""
        self._coming: Incoming | None = None

    # -- writing ---------------------------------------------------------------------------------------

    def next_mid(self) -> int:
        """The id of a message that is to be sent."""
        return self._mid_generate()

    def send_at_once(self, mid: int, topic: str, payload: bytes | Pieces, *, retain: bool) -> bool:
        """Publishes; says whether all of it is with the system, else paho's loop is to write on.

        At QoS 1 with the id of the message, at QoS 0 with `AT_MOST_ONCE`. Only for whoever has the socket to
        himself. The payload is copied once, into the kernel.
        """
        return self._at_once(mid, self._head(mid, topic, len(payload), retain=retain), *parts_of(payload))

    def answer_at_once(self, mid: int) -> bool:
        """Acknowledges a message at QoS 1; the rest as `send_at_once`."""
        return self._at_once(mid, _PUBACK + mid.to_bytes(_ID, "big"))

    def _at_once(self, mid: int, *parts: bytes | memoryview) -> bool:
        if self._sock is None or self._out_packet:
            self._queue(mid, b"".join(parts))
            return False
        try:
            sent = self._sock.sendmsg(parts)  # type: ignore[attr-defined]  # it is a socket
        except (OSError, NotImplementedError):  # it is full, or lost, or TLS
            sent = 0
        with self._msgtime_mutex:
            self._last_msg_out = time.monotonic()
        if sent == sum(map(len, parts)):
            return True
        self._queue(mid, _rest(parts, sent), first=True)
        return False

    def send_later(self, mid: int, topic: str, payload: bytes | Pieces, *, retain: bool) -> None:
        """As `send_at_once`, for whoever has not: paho's loop is to write it."""
        head = self._head(mid, topic, len(payload), retain=retain)
        self._queue(mid, b"".join((head, *parts_of(payload))))

    def _head(self, mid: int, topic: str, size: int, *, retain: bool) -> bytes:
        """All of a PUBLISH before its payload (MQTT 5, 3.3)."""
        behind = (mid.to_bytes(_ID, "big") if mid else b"") + (b"\0" if self._protocol == MQTTv5 else b"")
        name = _named(topic)
        first = (_AT_LEAST_ONCE if mid else _PUBLISH) | (_RETAIN if retain else 0)
        return b"".join((bytes((first,)), _length(len(name) + len(behind) + size), name, behind))

    def _queue(self, mid: int, packet: bytes | memoryview, *, first: bool = False) -> None:
        entry: Any = {
            "command": _PUBLISH,
            "mid": mid,
            "qos": 1,  # else paho tells that it is published when it is written
            "pos": 0,
            "to_process": len(packet),
            "packet": memoryview(packet),
            "info": None,
        }
        if first:
            self._out_packet.appendleft(entry)
        else:
            self._out_packet.append(entry)

    def _packet_queue(
        self, command: int, packet: bytes | bytearray, mid: int, qos: int, info: Any = None
    ) -> MQTTErrorCode:
        """As a view: paho copies what is left of a packet each time that it writes some of it."""
        return super()._packet_queue(command, memoryview(packet), mid, qos, info)  # type: ignore[arg-type]  # goes to socket.send

    # -- reading ---------------------------------------------------------------------------------------

    @property
    def read_ahead(self) -> bool:
        """Whether there is something to be read although the socket has nothing."""
        return bool(self._ahead)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """As paho's, of one message that comes, and of all answers before it; most without its help."""
        if not self._in_packet["command"]:
            try:
                message = self._message()
            except BlockingIOError:
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            except OSError:
                pass  # paho finds it out too, and knows what to do
            else:
                if message:
                    return self._arrived(message)
                if not self._ahead:
                    return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super().loop_read(max_packets)

    def _message(self) -> Incoming | None:
        """The next that comes, when all of it is there; None where paho is to read on.

        Raises `BlockingIOError` where not all has come, and `ConnectionError` where the rest will not.
        """
        if self._coming is None:
            self._answers_first()
            found = begun(self._ahead, version5=self._protocol == MQTTv5) if self._ahead else None
            if found is None:
                return None
            self._coming, self._ahead = found
        message = self._coming
        while message.lacking:
            came = super()._sock_recv(message.lacking)
            if not came:
                raise ConnectionError
            message.take(came)
            self._heard()
        self._coming = None
        return message

    def _arrived(self, message: Incoming) -> MQTTErrorCode:
        self._heard()
        self._handle_on_message(message)  # type: ignore[arg-type]  # it has what our handlers look at
        if message.qos and not self._manual_ack:
            self.answer_at_once(message.mid)  # what does not go out now is written by our loop, in this turn
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _heard(self) -> None:
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()

    def _answers_first(self) -> None:
        """Raises `BlockingIOError` where nothing has come, and `ConnectionError` where nothing will."""
        came = self._ahead or super()._sock_recv(_AHEAD)
        if not came:
            raise ConnectionError
        at = 0
        while came[at : at + 2] == _PUBACK and len(came) >= at + 2 + _ID:
            self._tell(int.from_bytes(came[at + 2 : at + 2 + _ID], "big"), _YES)
            at += 2 + _ID
        self._ahead = came[at:]
        if at:
            self._heard()

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self._ahead:
            if bufsize >= _AHEAD:
                return super()._sock_recv(bufsize)
            self._ahead = super()._sock_recv(_AHEAD)
        came, self._ahead = self._ahead[:bufsize], self._ahead[bufsize:]
        return came

    def _handle_pubackcomp(self, cmd: Literal["PUBACK", "PUBCOMP"]) -> MQTTErrorCode:
        """An answer that says more, or came in pieces: of what we have published paho knows nothing."""
        packet = self._in_packet["packet"]
        if cmd != "PUBACK" or len(packet) < _ID:
            return super()._handle_pubackcomp(cmd)
        code = ReasonCode(PacketTypes.PUBACK, identifier=packet[_ID]) if len(packet) > _ID else _YES
        self._tell(int.from_bytes(packet[:_ID], "big"), code)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _tell(self, mid: int, code: ReasonCode) -> None:
        if self.on_publish:
            self.on_publish(self, self._userdata, mid, code, _NO_PROPERTIES)  # type: ignore[call-arg]  # version 2


def _rest(parts: Sequence[bytes | memoryview], done: int) -> bytes | memoryview:
    """What of them is behind so many bytes; a copy only where that is more than the last of them."""
    *before, last = parts
    of_last = done - sum(map(len, before))
    return memoryview(last)[of_last:] if of_last >= 0 else b"".join(parts)[done:]


@lru_cache(maxsize=1024)
def _named(topic: str) -> bytes:
    """As MQTT writes it: its length and its UTF-8."""
    name = topic.encode()
    return len(name).to_bytes(2, "big") + name


def _length(count: int) -> bytes:
    """As MQTT writes it: seven bits to a byte, the least first (MQTT 5, 1.5.5)."""
    found = bytearray()
    while True:
        count, low = count >> 7, count & 0x7F
        found.append(low | 0x80 if count else low)
        if not count:
            return bytes(found)
