"""One client's side of the protocol: packets in, packets out, no socket and no clock."""

from collections.abc import Callable
from typing import Protocol

from services.runtime.broker import packets, replies
from services.runtime.broker.framing import Packet
from services.runtime.broker.hub import Hub
from services.runtime.broker.packets import Connect, Message
from services.runtime.broker.session import Session
from services.runtime.broker.wire import V3, V5, Buffer, Kind, ProtocolError, Reason

CONNECT_MAX_BYTES = 64 * 1024  # a stranger may send no more
CONNECT_TIMEOUT_S = 5.0
_JOIN_BELOW = 4096  # bytes; a short payload is cheaper to copy than to be given to the system by itself
_FLAGGED = frozenset({Kind.PUBREL, Kind.SUBSCRIBE, Kind.UNSUBSCRIBE})  # their flags are 0010 by the standard
_REFUSALS = frozenset({
    Reason.UNSUPPORTED_VERSION, Reason.INVALID_CLIENT_ID, Reason.BAD_USER_OR_PASSWORD,
    Reason.BAD_AUTHENTICATION_METHOD,
})  # fmt: skip


class Sink(Protocol):
    """Where a connection writes to."""

    @property
    def unsent_bytes(self) -> int: ...

    def write(self, *parts: Buffer) -> None: ...

    def close(self) -> None:
        """Ends the connection once what was written is sent, or cannot be."""

    def allow(self, max_packet: int) -> None:
        """From now on packets up to this size (bytes) may come in."""


class Connection:
    """A client from its first byte to its last; it is the `Peer` of its session."""

    def __init__(self, hub: Hub, sink: Sink, now: float) -> None:
        self.seen_at = now
        self.window = hub.limits.window
        self._hub = hub
        self._sink = sink
        self._session: Session | None = None
        self._version = V3
        self._max_packet = packets.ANY_SIZE
        self._keep_alive_s = 0
        self._ended = False
        self._handlers: dict[int, Callable[[Session, Packet, float], None]] = {
            Kind.PUBLISH: self._publish,
            Kind.PUBACK: self._puback,
            Kind.PUBREL: self._pubrel,
            Kind.SUBSCRIBE: self._subscribe,
            Kind.UNSUBSCRIBE: self._unsubscribe,
            Kind.PINGREQ: self._pingreq,
            Kind.DISCONNECT: self._disconnect,
        }

    # -- what the socket side calls ------------------------------------------------------------------------

    def packet(self, packet: Packet, now: float) -> None:
        """Raises `ProtocolError` for what the client must not send: give it to `fail` then."""
        if self._ended:
            return
        kind = packet.first >> 4
        session = self._session
        if session is None:
            if packet.first != Kind.CONNECT << 4:
                raise ProtocolError(Reason.PROTOCOL_ERROR, "the first packet is not a CONNECT")
            self._connect(packets.parse_connect(packet.body), now)
            return
        handler = self._handlers.get(kind)
        if handler is None:
            raise ProtocolError(Reason.PROTOCOL_ERROR, f"a client does not send packets of type {kind}")
        if kind != Kind.PUBLISH and packet.first & 0x0F != (2 if kind in _FLAGGED else 0):
            raise ProtocolError(Reason.MALFORMED_PACKET, "reserved flags are set")
        handler(session, packet, now)

    def fail(self, error: ProtocolError, now: float) -> None:
        """Closes the connection for what the client did, and says so where the protocol can."""
        if self._ended:
            return
        if self._session is None and error.reason in _REFUSALS:
            self._hub.stats.refused += 1
            self._sink.write(replies.refused(self._version, error.reason))
        self._let_go(now, with_will=True)
        self.close(error.reason)

    def lost(self, now: float) -> None:
        """The network connection is gone."""
        self._let_go(now, with_will=True)
        self._ended = True

    def overdue(self, now: float) -> bool:
        """Whether the client was silent for longer than it may be."""
        if self._session is None:
            return now - self.seen_at > CONNECT_TIMEOUT_S
        return self._keep_alive_s > 0 and now - self.seen_at > 1.5 * self._keep_alive_s

    def drained(self, now: float) -> None:
        """The client has read something: there may be room for more."""
        if self._session is not None:
            self._hub.pump(self._session, now)

    # -- what the hub calls --------------------------------------------------------------------------------

    @property
    def unsent_bytes(self) -> int:
        return self._sink.unsent_bytes

    def send(
        self,
        message: Message,
        now: float,
        *,
        qos: int = 0,
        packet_id: int = 0,
        dup: bool = False,
        retain: bool = False,
        ids: tuple[int, ...] = (),
    ) -> bool:
        payload = message.payload
        head = packets.publish_head(
            message, qos, packet_id, self._version, now, retain=retain, dup=dup, ids=ids
        )  # fmt: skip
        if len(head) + len(payload) > self._max_packet:
            return False
        stats = self._hub.stats
        stats.messages_out += 1
        stats.bytes_out += len(payload)
        if len(payload) < _JOIN_BELOW:
            self._sink.write(b"".join((head, payload)))
        else:
            self._sink.write(head, payload)
        return True

    def close(self, reason: Reason) -> None:
        if not self._ended and self._version == V5 and self._session is not None:
            self._sink.write(replies.disconnect(reason))
        self._session, self._ended = None, True
        self._sink.close()

    # -- packets -------------------------------------------------------------------------------------------

    def _connect(self, connect: Connect, now: float) -> None:
        self._version = connect.version
        if connect.authentication:
            raise ProtocolError(Reason.BAD_AUTHENTICATION_METHOD, "only user and password are asked for")
        if not self._hub.admits(connect.user, connect.password):
            raise ProtocolError(Reason.BAD_USER_OR_PASSWORD, f"wrong user or password ({connect.user!r})")
        if not connect.client_id and connect.version == V3 and not connect.clean:
            raise ProtocolError(Reason.INVALID_CLIENT_ID, "a session that lasts needs a client id")
        limits = self._hub.limits
        self.window = connect.receive_maximum if connect.version == V5 else limits.window
        self._max_packet, self._keep_alive_s = connect.max_packet, connect.keep_alive_s
        session, present = self._hub.attach(connect, self, now)
        self._session = session
        self._sink.allow(limits.packet_bytes)
        self._sink.write(
            replies.connack(
                connect.version,
                present=present,
                assigned_id=None if connect.client_id else session.client_id,
                max_packet=limits.packet_bytes,
                receive_maximum=limits.receive_maximum,
                expiry_s=session.expiry_s,
            )
        )
        self._hub.pump(session, now)

    def _publish(self, session: Session, packet: Packet, now: float) -> None:
        message, packet_id = packets.parse_publish(packet.first, packet.body, self._version, now)
        stats = self._hub.stats
        stats.messages_in += 1
        stats.bytes_in += len(message.payload)
        if message.qos == 2:
            self._publish_once(session, message, packet_id, now)
            return
        allowed = self._hub.publish(message, session, now)
        if message.qos == 1:
            reason = Reason.SUCCESS if allowed else Reason.NOT_AUTHORIZED
            self._sink.write(packets.ack(Kind.PUBACK, packet_id, self._version, reason))

    def _publish_once(self, session: Session, message: Message, packet_id: int, now: float) -> None:
        """QoS 2: published when it first comes; its id is kept until the sender releases it."""
        reason = Reason.SUCCESS
        if packet_id not in session.receiving:
            if self._version == V5 and len(session.receiving) >= self._hub.limits.receive_maximum:
                raise ProtocolError(Reason.RECEIVE_MAXIMUM_EXCEEDED, "more unreleased messages than allowed")
            if self._hub.publish(message, session, now) or self._version == V3:
                session.receiving.add(packet_id)
            else:
                reason = Reason.NOT_AUTHORIZED
        self._sink.write(packets.ack(Kind.PUBREC, packet_id, self._version, reason))

    def _pubrel(self, session: Session, packet: Packet, _now: float) -> None:
        packet_id = packets.parse_ack(packet.body, self._version)
        known = packet_id in session.receiving
        session.receiving.discard(packet_id)
        reason = Reason.SUCCESS if known else Reason.PACKET_ID_NOT_FOUND
        self._sink.write(packets.ack(Kind.PUBCOMP, packet_id, self._version, reason))

    def _puback(self, session: Session, packet: Packet, now: float) -> None:
        self._hub.acknowledged(session, packets.parse_ack(packet.body, self._version), now)

    def _subscribe(self, session: Session, packet: Packet, now: float) -> None:
        request = packets.parse_subscribe(packet.body, self._version)
        codes, granted = [], []
        for pattern, wish in request.wishes:
            new = pattern not in session.subscriptions
            code = self._hub.subscribe(session, pattern, wish, now)
            codes.append(code)
            if code < 0x80 and (wish.retain_handling == 0 or (wish.retain_handling == 1 and new)):
                granted.append(pattern)
        self._sink.write(replies.suback(request.packet_id, self._version, codes))
        for pattern in granted:
            self._hub.send_retained(session, pattern, now)

    def _unsubscribe(self, session: Session, packet: Packet, now: float) -> None:
        request = packets.parse_unsubscribe(packet.body, self._version)
        codes = [self._hub.unsubscribe(session, pattern, now) for pattern in request.filters]
        self._sink.write(replies.unsuback(request.packet_id, self._version, codes))

    def _pingreq(self, _session: Session, _packet: Packet, _now: float) -> None:
        self._sink.write(replies.PINGRESP)

    def _disconnect(self, session: Session, packet: Packet, now: float) -> None:
        request = packets.parse_disconnect(packet.body, self._version)
        if request.session_expiry_s is not None:
            if request.session_expiry_s and not session.durable:
                raise ProtocolError(Reason.PROTOCOL_ERROR, "a session that was to end cannot be made to last")
            session.expiry_s = request.session_expiry_s
        self._let_go(now, with_will=request.reason != Reason.SUCCESS)
        self._ended = True
        self._sink.close()

    def _let_go(self, now: float, *, with_will: bool) -> None:
        # A session that was taken over has another peer already.
        if self._session is not None and self._session.peer is self:
            self._hub.detach(self._session, now, with_will=with_will)
