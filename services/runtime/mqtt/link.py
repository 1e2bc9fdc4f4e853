"""One MQTT connection for ever: it connects, comes back with back-off, and is then as it was before.

Of a cluster's nodes the next one is tried at once where one is gone; where all are, it waits.

Each connection is a paho client of its own, so that nothing of an old one can leak into a new one: an
acknowledgement counts only on the connection that brought the message, and what was given to paho and not
acknowledged is given again from our own outbox (paho's own queue is unbounded).
"""

import logging
import math
import threading
import time
from collections.abc import Callable

from services.contract.pieces import Pieces
from services.runtime.backoff import Backoff
from services.runtime.mqtt.address import BrokerAddress, Will
from services.runtime.mqtt.complaints import Complaints
from services.runtime.mqtt.connection import Connection, Delivery, Handler
from services.runtime.mqtt.outbox import Outbox, Parcel
from services.runtime.mqtt.words import ConnectionRefused

log = logging.getLogger(__name__)

__all__ = ["Delivery", "Handler", "Link"]

#: A login that was refused is tried again slowly: the user has to mend it, and brokers ban who hammers.
REFUSED_RETRY_S = 30.0
#: But a password that was renewed meanwhile is tried soon: frames wait in bounded outboxes.
RENEWED_LOOK_S = 1.0
#: Frames wait in a bounded outbox meanwhile, so a broker that is back must not be noticed late.
RETRY_CAP_S = 5.0
#: How long the end waits for what is still in the outbox, and then for the broker to hear of our going.
DRAIN_S = 0.5
#: A connection that has lasted so long counts as a success; two clients with one name take turns faster.
STEADY_S = 5.0

#: What the broker denies is logged at most so often.
DENIED_EVERY_S = 60.0

_complaints = Complaints()


class Link:
    """A connection with its subscriptions, its retained state and its outbox.

    Handlers and callbacks run in the thread that calls `run` and must be quick; what one of them raises ends
    `run`. All else may be called from any thread. `session=True` keeps the session at the broker while we are
    away; with `manual_ack=True` messages are acknowledged by their handlers alone.
    """

    def __init__(
        self,
        broker: BrokerAddress,
        client_id: str,
        *,
        session: bool = False,
        manual_ack: bool = False,
        will: Will | None = None,
        window: int = 16,
        max_outbox_bytes: int | None = None,
        on_lost: Callable[[Parcel], None] | None = None,
    ) -> None:
        self._nodes = list(broker.nodes())
        self._node = self._tried = 0
        self.client_id = client_id
        self.outbox = Outbox(window, max_outbox_bytes, on_lost)
        self.problem = f"not yet connected to the broker {self.broker}"
        self._session = session
        self._manual_ack = manual_ack
        self._will = will
        self._window = window
        self._subscriptions: dict[str, tuple[int, Handler]] = {}
        self._held: dict[str, bytes] = {}
        self._on_connect: list[Callable[[], None]] = []
        self._connection: Connection | None = None
        self._lock = threading.RLock()
        self._pumping = threading.Lock()
        self._denied_s = float("-inf")

    @property
    def broker(self) -> BrokerAddress:
        """The node of it that we are connected to, or try."""
        return self._nodes[self._node]

    @property
    def connected(self) -> bool:
        return self._connection is not None

    # -- what the owner asks for -----------------------------------------------------------------------

    def subscribe(self, topic_filter: str, handler: Handler, qos: int = 1) -> None:
        """From now on, over every reconnect; a handler gets what matches its own filter.

        With a session subscribe before `run`: what the broker kept for a filter that nobody has is let go.
        """
        with self._lock:
            self._subscriptions[topic_filter] = (qos, handler)
            if self._connection:
                self._connection.route(topic_filter, handler)
                self._connection.subscribe([(topic_filter, qos)])

    def unsubscribe(self, topic_filter: str) -> None:
        with self._lock:
            if self._subscriptions.pop(topic_filter, None) and self._connection:
                self._connection.unsubscribe(topic_filter)

    def on_connect(self, callback: Callable[[], None]) -> None:
        """Called after each connect, when subscriptions and retained state have been sent."""
        self._on_connect.append(callback)

    def send(
        self,
        topic: str,
        payload: bytes | Pieces,
        *,
        retain: bool = False,
        on_taken: Callable[[], None] | None = None,
    ) -> None:
        """At QoS 1 through the outbox, where it waits while the broker is away."""
        self.outbox.put(Parcel(topic, payload, retain, on_taken))
        self._pump()

    def flash(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """At QoS 0, now or never; says whether there was a connection to send it on."""
        connection = self._connection
        return connection is not None and connection.flash(topic, payload, retain=retain)

    def hold(self, topic: str, payload: bytes) -> None:
        """Retained state at QoS 1: sent where it changed, and again on every connect."""
        with self._lock:
            if self._held.get(topic) == payload:
                return
            self._held[topic] = payload
            if self._connection:
                self._connection.state(topic, payload)

    def release(self, topic: str) -> None:
        """Takes retained state back: the broker is to remember nothing there."""
        with self._lock:
            self._held.pop(topic, None)
        self.send(topic, b"", retain=True)

    def forget(self, topic: str) -> None:
        """Holds it no more; what the broker remembers stays, since somebody else says it now."""
        with self._lock:
            self._held.pop(topic, None)

    def say_again(self) -> None:
        """All retained state once more, for somebody whom the broker does not tell what was said before."""
        with self._lock:
            if self._connection:
                self._say_state(self._connection)

    # -- life ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Stays connected until `stop`; raises what a handler raised."""
        backoff = Backoff(cap_s=RETRY_CAP_S)
        try:
            while not stop.is_set():
                try:
                    connection = self._open(stop)
                except ConnectionRefused as refused:
                    self._complain(str(refused))
                    if self._next_node():
                        if refused.login:
                            self._wait_for_another_password(stop)
                        else:
                            stop.wait(backoff.next())
                    continue
                began_s = time.monotonic()
                self._live(connection, stop)
                steady = time.monotonic() - began_s > STEADY_S
                if steady:
                    self._tried = 0
                    backoff.reset()
                if not stop.is_set():
                    self._complain(connection.closed_because)
                    if self._next_node() or not steady:
                        stop.wait(backoff.next())
        finally:
            _complaints.forget(self.client_id)

    def _wait_for_another_password(self, stop: threading.Event) -> None:
        """Until somebody has renewed it, where we can see that, or so long."""
        until_s = time.monotonic() + REFUSED_RETRY_S
        while not stop.is_set() and time.monotonic() < until_s:
            renewed = [node.renewed() for node in self._nodes]
            if renewed != self._nodes:
                log.info("%s: the broker's password has changed; the new one is tried", self.client_id)
                self._nodes = renewed
                return
            stop.wait(RENEWED_LOOK_S)

    def _next_node(self) -> bool:
        """The next node's turn; says whether each has had one in vain, so that it is time to wait."""
        self._node = (self._node + 1) % len(self._nodes)
        self._tried = (self._tried + 1) % len(self._nodes)
        return self._tried == 0

    def _open(self, stop: threading.Event) -> Connection:
        """With MQTT 5, or with 3.1.1 where the broker does not know better. Raises ConnectionRefused."""
        try:
            return self._opened(stop, version5=True)
        except ConnectionRefused as refused:
            if not refused.wrong_version:
                raise
        return self._opened(stop, version5=False)

    def _opened(self, stop: threading.Event, *, version5: bool) -> Connection:
        connection = Connection(
            self.broker,
            self.client_id,
            version5=version5,
            session=self._session,
            manual_ack=self._manual_ack,
            will=self._will,
            window=self._window,
            on_acknowledged=self._acknowledged,
            on_denied=self._denied,
            on_listening=self._listening,
        )
        with self._lock:  # before it opens: a session delivers at once what it kept for us
            for topic_filter, (_, handler) in self._subscriptions.items():
                connection.route(topic_filter, handler)
        try:
            connection.open(stop)
        except BaseException:
            connection.close(goodbye=False)
            raise
        return connection

    def _live(self, connection: Connection, stop: threading.Event) -> None:
        """A connection from its first subscription to its end."""
        goodbye = False
        try:
            if not stop.is_set():
                self._adopt(connection)
                while connection.serve(stop, self.broker.repeat_state_s or math.inf):
                    self._say_state(connection)
                goodbye = self._goodbye(connection)
        finally:
            with self._lock:
                self._connection = None
            connection.close(goodbye=goodbye)
            with self._pumping:  # whoever still gives to the old connection has ended
                self.outbox.rewind()

    def _adopt(self, connection: Connection) -> None:
        with self._lock:
            for topic_filter, (_, handler) in self._subscriptions.items():
                connection.route(topic_filter, handler)
            if self._subscriptions:
                connection.subscribe([(wanted, qos) for wanted, (qos, _) in self._subscriptions.items()])
            else:
                self._listening()
            self._say_state(connection)
            self._connection = connection
        for callback in self._on_connect:
            callback()
        self._pump()

    def _listening(self) -> None:
        """Not before: who sees that all is well may publish, and what nobody listens for is gone."""
        self.problem = ""
        _complaints.well(self.client_id, self.broker)

    def _say_state(self, connection: Connection) -> None:
        with self._lock:
            for topic, payload in self._held.items():
                connection.state(topic, payload)

    def _goodbye(self, connection: Connection) -> bool:
        """Waits a moment for what is in the outbox, says that we go, and whether the broker has heard it."""
        connection.settle(lambda: len(self.outbox) > 0, DRAIN_S)
        if self._will is None:
            return True
        connection.state(self._will.topic, self._will.payload)
        return connection.settle(lambda: connection.unacknowledged > 0, DRAIN_S)

    def _complain(self, problem: str) -> None:
        self.problem = problem
        _complaints.wrong(self.client_id, problem)

    # -- the outbox ------------------------------------------------------------------------------------

    def _acknowledged(self, parcel: Parcel) -> None:
        self.outbox.taken(parcel)
        self._pump()

    def _denied(self, topic: str, why: str) -> None:
        now_s = time.monotonic()
        if now_s - self._denied_s >= DENIED_EVERY_S:
            self._denied_s = now_s
            log.warning("the broker %s denies %s the topic %s: %s", self.broker, self.client_id, topic, why)

    def _pump(self) -> None:
        """Gives the broker what the window allows. One thread at a time, so that the order stays."""
        while self._connection and self.outbox.ready():
            if not self._pumping.acquire(blocking=False):
                return  # whoever pumps looks again after it has let go
            try:
                self._give_next()
            finally:
                self._pumping.release()

    def _give_next(self) -> None:
        """Gives one, where there is one. To a connection that is just lost is no harm: `_live` rewinds."""
        connection = self._connection
        parcel = self.outbox.take() if connection else None
        if connection is None or parcel is None:
            return
        if connection.takes(parcel):
            connection.give(parcel)
        else:
            self._denied(parcel.topic, f"its {len(parcel.payload)} bytes are more than it takes")
            self.outbox.give_up(parcel)
