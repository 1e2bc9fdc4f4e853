"""The broker without its sockets: who is connected, who gets what, and what is kept for whom."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from services.runtime.broker import filters
from services.runtime.broker.acl import Rights
from services.runtime.broker.packets import FOREVER, Connect, Message, Subscription, Will
from services.runtime.broker.passwords import remembering
from services.runtime.broker.peer import Peer
from services.runtime.broker.retained import Retained
from services.runtime.broker.routes import Route, Routes
from services.runtime.broker.session import Delivery, Session
from services.runtime.broker.stats import Stats
from services.runtime.broker.users import User
from services.runtime.broker.wire import Reason

SMALL_BYTES = 16 * 1024  # a payload up to this size is saved while the broker runs
_SOON_S, _LATER_S = 1.0, 30.0
_LOOK_EVERY_S = 1.0  # for passwords that were renewed
_MAX_SUBSCRIPTIONS = 10_000  # per session


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may take: sizes in bytes, and the window of unacknowledged messages on MQTT 3.1.1."""

    packet_bytes: int = 8 << 20
    queue_bytes: int = 64 << 20
    unsent_bytes: int = 4 << 20
    window: int = 20
    receive_maximum: int = 100


class Hub:
    """All times are seconds on one monotonic clock, and given by the caller."""

    def __init__(self, users: Mapping[str, User], limits: Limits) -> None:
        self.limits = limits
        self.stats = Stats()
        self.sessions: dict[str, Session] = {}
        self.retained = Retained(limits.queue_bytes)
        self.save_at: float | None = None  # when what changed has to be in the state file
        self._given_users = users
        self._users = {name: _quick(user) for name, user in users.items()}
        self._versions = {name: user.version() for name, user in users.items() if user.version}
        self._look_at = 0.0
        self._routes = Routes()
        self._delayed_wills: dict[str, tuple[float, Session, Will]] = {}

    # -- coming and going ----------------------------------------------------------------------------------

    def admits(self, user: str | None, password: bytes | None) -> bool:
        known = self._users.get(user or "")
        return known is not None and known.check(password or b"")

    def attach(self, connect: Connect, peer: Peer, now: float) -> tuple[Session, bool]:
        """The client's session, and whether it was there before; another connection with its id is closed.

        Another user's session is not taken over but ended: its queue is not for this user.
        """
        client_id = connect.client_id or f"auto-{secrets.token_hex(8)}"
        old = self.sessions.get(client_id)
        user = connect.user or ""
        resumed = old is not None and old.durable and old.user == user and not connect.clean
        if old is not None:
            if resumed:
                self._delayed_wills.pop(client_id, None)
            if old.peer is not None:
                self._take_over(old, now, resumed=resumed)
            if not resumed:
                self._end(old, now)
        session = old if old is not None and resumed else self.make_session(client_id, user)
        session.expiry_s, session.expires_at = connect.session_expiry_s, None
        session.peer, session.will = peer, connect.will
        self.stats.connections += 1
        if session.durable:
            self._save_within(_SOON_S, now)
        return session, resumed

    def make_session(self, client_id: str, user: str) -> Session:
        """A new session, known from now on; a user that is not known may do nothing."""
        rules = self._users[user].rules if user in self._users else ()
        session = Session(client_id, user, Rights(rules, user, client_id), self.limits.queue_bytes)
        self.sessions[client_id] = session
        self.stats.sessions = len(self.sessions)
        return session

    def restore(
        self, session: Session, subscriptions: Mapping[str, Subscription], owed: Iterable[Delivery]
    ) -> None:
        """Gives a session that was saved its own back, as far as the ACL of today allows."""
        for pattern, wish in subscriptions.items():
            if session.rights.may_subscribe(pattern):
                session.subscriptions[pattern] = wish
                self._routes.add(pattern, session, wish)
        for delivery in owed:
            if session.rights.may_read(delivery.message.topic):
                session.offer(delivery)

    def detach(self, session: Session, now: float, *, with_will: bool) -> None:
        """The connection is gone: without a DISCONNECT, its will is published."""
        session.peer = None
        session.disconnected()
        self.stats.connections -= 1
        will, session.will = session.will, None
        if will is not None and with_will:
            delay_s = min(will.delay_s, session.expiry_s)
            if delay_s:
                self._delayed_wills[session.client_id] = (now + delay_s, session, will)
            else:
                self._publish_will(session, will, now)
        if not session.durable:
            self._end(session, now)
        elif session.expiry_s != FOREVER:
            session.expires_at = now + session.expiry_s

    def tick(self, now: float) -> None:
        """Publishes the wills that are due, ends the sessions that have expired, looks for new passwords."""
        if now >= self._look_at:
            self._look_at = now + _LOOK_EVERY_S
            self._look_for_new_passwords(now)
        for client_id, (due, session, will) in list(self._delayed_wills.items()):
            if due <= now:
                del self._delayed_wills[client_id]
                self._publish_will(session, will, now)
        for session in [
            s for s in self.sessions.values() if s.expires_at is not None and s.expires_at <= now
        ]:
            self._end(session, now)

    def _look_for_new_passwords(self, now: float) -> None:
        """Whoever came in with a password that is none any more has to log in anew; his session stays."""
        for name, known in self._versions.items():
            given = self._given_users[name]
            if given.version is None or (version := given.version()) == known:
                continue
            self._versions[name], self._users[name] = version, _quick(given)
            for session in [s for s in self.sessions.values() if s.user == name]:
                if (peer := session.peer) is not None:
                    self.detach(session, now, with_will=True)
                    peer.close(Reason.NOT_AUTHORIZED)

    def _take_over(self, session: Session, now: float, *, resumed: bool) -> None:
        peer, will = session.peer, session.will
        self.detach(session, now, with_will=will is not None and not (resumed and will.delay_s))
        if peer is not None:
            peer.close(Reason.TAKEN_OVER)

    def _end(self, session: Session, now: float) -> None:
        if self.sessions.get(session.client_id) is not session:
            return
        del self.sessions[session.client_id]
        self.stats.sessions = len(self.sessions)
        for pattern in session.subscriptions:
            self._routes.remove(pattern, session)
        if session.durable:
            self._save_within(_SOON_S, now)
        if (delayed := self._delayed_wills.pop(session.client_id, None)) is not None:
            self._publish_will(session, delayed[2], now)

    def _publish_will(self, session: Session, will: Will, now: float) -> None:
        expires_at = None if will.expiry_s is None else now + will.expiry_s
        self.publish(replace(will.message, expires_at=expires_at), session, now)

    # -- messages ------------------------------------------------------------------------------------------

    def publish(self, message: Message, sender: Session, now: float) -> bool:
        """Hands a message to all who subscribed and may read it; False where the sender may not write it."""
        if not sender.rights.may_write(message.topic):
            self.stats.denied += 1
            return False
        if message.retain:
            self.stats.dropped_retained += not self.retained.put(message)
            self._save_within(_LATER_S, now)
        for route in self._routes.to(message.topic):
            if not (route.no_local and route.session is sender):
                self._hand(message, route, now)
        return True

    def acknowledged(self, session: Session, packet_id: int, now: float) -> bool:
        """False where nothing with this id was sent on this connection."""
        known = session.acknowledge(packet_id)
        self.pump(session, now)
        return known

    def pump(self, session: Session, now: float) -> None:
        """Sends what waits, as far as the client's window and its reading allow."""
        peer = session.peer
        while peer is not None and peer.unsent_bytes <= self.limits.unsent_bytes:
            delivery = session.next(peer.window, now)
            if delivery is None:
                return
            sent = peer.send(
                delivery.message, now, qos=1, packet_id=delivery.packet_id, dup=delivery.dup,
                retain=delivery.retain, ids=delivery.ids,
            )  # fmt: skip
            if not sent:
                session.acknowledge(delivery.packet_id)

    def _hand(self, message: Message, route: Route, now: float) -> None:
        retain = message.retain and route.retain_as_published
        if min(message.qos, route.qos):
            self._queue(route.session, Delivery(message, retain, route.ids), now)
        elif (peer := route.session.peer) is not None:
            if peer.unsent_bytes <= self.limits.unsent_bytes:
                peer.send(message, now, retain=retain, ids=route.ids)
            else:
                self.stats.dropped_qos0 += 1

    def _queue(self, session: Session, delivery: Delivery, now: float) -> None:
        if not session.offer(delivery):
            self.stats.dropped_queue += 1
        elif session.peer is not None:
            self.pump(session, now)
        elif len(delivery.message.payload) <= SMALL_BYTES:
            self._save_within(_LATER_S, now)

    # -- subscriptions -------------------------------------------------------------------------------------

    def subscribe(self, session: Session, pattern: str, wish: Subscription, now: float) -> int:
        """The QoS that is granted (1 at most), or why not (a `Reason` from 0x80 on)."""
        if pattern.startswith("$share/"):
            return Reason.NO_SHARED_SUBSCRIPTIONS
        if not filters.is_filter(pattern):
            return Reason.INVALID_FILTER
        if not session.rights.may_subscribe(pattern):
            return Reason.NOT_AUTHORIZED
        if pattern not in session.subscriptions and len(session.subscriptions) >= _MAX_SUBSCRIPTIONS:
            return Reason.QUOTA_EXCEEDED
        granted = replace(wish, qos=min(wish.qos, 1))
        session.subscriptions[pattern] = granted
        self._routes.add(pattern, session, granted)
        if session.durable:
            self._save_within(_SOON_S, now)
        return granted.qos

    def unsubscribe(self, session: Session, pattern: str, now: float) -> Reason:
        if session.subscriptions.pop(pattern, None) is None:
            return Reason.NO_SUBSCRIPTION_EXISTED
        self._routes.remove(pattern, session)
        if session.durable:
            self._save_within(_SOON_S, now)
        return Reason.SUCCESS

    def send_retained(self, session: Session, pattern: str, now: float) -> None:
        """What is retained for a filter that was just subscribed to.

        Not bounded as live QoS 0 messages are: nearly all of its memory is the retained messages' own.
        """
        subscription = session.subscriptions[pattern]
        ids = () if subscription.id is None else (subscription.id,)
        for message in self.retained.matching(pattern, now):
            if not session.rights.may_read(message.topic):
                continue
            if min(message.qos, subscription.qos):
                self._queue(session, Delivery(message, True, ids), now)
            elif (peer := session.peer) is not None:
                if peer.unsent_bytes <= self.limits.queue_bytes:
                    peer.send(message, now, retain=True, ids=ids)
                else:
                    self.stats.dropped_qos0 += 1

    def _save_within(self, seconds: float, now: float) -> None:
        self.save_at = now + seconds if self.save_at is None else min(self.save_at, now + seconds)


def _quick(user: User) -> User:
    return replace(user, check=remembering(user.check))
