"""One MQTT connection for ever: it connects, comes back with back-off, and is then as it was before.

Each connection is a paho client of its own, so that nothing of an old one can leak into a new one: an
acknowledgement counts only on the connection that brought the message, and what was given to paho and not
acknowledged is given again from our own outbox (paho's own queue is unbounded).
"""

import logging
import threading
import time
from collections.abc import Callable

from services.runtime.backoff import Backoff
from services.runtime.mqtt.address import BrokerAddress, Will
from services.runtime.mqtt.connection import Connection, ConnectionRefused, Delivery, Handler
from services.runtime.mqtt.outbox import Outbox, Parcel

log = logging.getLogger(__name__)

__all__ = ["Delivery", "Handler", "Link"]

#: A login that was refused is tried again slowly: the user has to mend it, and brokers ban who hammers.
REFUSED_RETRY_S = 30.0
#: How long a goodbye waits for what is still in the outbox.
DRAIN_S = 0.5


class Link:
    """A connection with its subscriptions, its retained state and its outbox.

    Handlers and callbacks run in the connection's network thread and must be quick; what one of them raises
    ends `run`. `session=True` keeps the session at the broker while we are away; with `manual_ack=True`
    messages are acknowledged by their handlers alone.
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
        self.broker = broker
        self.client_id = client_id
        self.outbox = Outbox(window, max_outbox_bytes, on_lost)
        self.problem = f"not yet connected to the broker {broker}"
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

    @property
    def connected(self) -> bool:
        return self._connection is not None

    # -- what the owner asks for -----------------------------------------------------------------------

    def subscribe(self, topic_filter: str, handler: Handler, qos: int = 1) -> None:
        """From now on, over every reconnect; a handler gets what matches its own filter."""
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
        self, topic: str, payload: bytes, *, retain: bool = False, on_taken: Callable[[], None] | None = None
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

    # -- life ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Stays connected until `stop`; raises what a handler raised."""
        backoff = Backoff()
        version5 = True
        while not stop.is_set():
            connection = self._new_connection(version5)
            try:
                connection.open(stop)
                if stop.is_set():
                    return
                backoff.reset()
                self._adopt(connection)
                connection.wait_closed(stop)
                self._drain(connection)
                self._say(connection.closed_because, stop)
                delay_s = backoff.next()
            except ConnectionRefused as refusal:
                if refusal.wrong_version and version5:
                    version5 = False
                    continue
                self._say(str(refusal), stop)
                delay_s = REFUSED_RETRY_S if refusal.login else backoff.next()
            finally:
                self._disown(connection)
            if connection.failure:
                raise connection.failure
            stop.wait(delay_s)

    def _new_connection(self, version5: bool) -> Connection:
        connection = Connection(
            self.broker,
            self.client_id,
            version5=version5,
            session=self._session,
            manual_ack=self._manual_ack,
            will=self._will,
            window=self._window,
            on_acknowledged=self._acknowledged,
        )
        with self._lock:  # before it opens: a session delivers at once what it kept for us
            for topic_filter, (_, handler) in self._subscriptions.items():
                connection.route(topic_filter, handler)
        return connection

    def _say(self, problem: str, stop: threading.Event) -> None:
        """Logs the change, not the repetition."""
        if problem and problem != self.problem and not stop.is_set():
            log.warning("%s; trying again for as long as it takes", problem)
        self.problem = problem

    def _adopt(self, connection: Connection) -> None:
        if self.problem:
            log.info("%s: connected to the broker %s", self.client_id, self.broker)
        self.problem = ""
        with self._lock:
            for topic_filter, (_, handler) in self._subscriptions.items():
                connection.route(topic_filter, handler)
            connection.subscribe([(wanted, qos) for wanted, (qos, _) in self._subscriptions.items()])
            for topic, payload in self._held.items():
                connection.state(topic, payload)
            self._connection = connection
        for callback in self._on_connect:
            callback()
        self._pump()

    def _drain(self, connection: Connection) -> None:
        """Before a goodbye: what is in the outbox is to reach the broker, if that does not take long."""
        until_s = time.monotonic() + DRAIN_S
        while len(self.outbox) and connection.still_open and time.monotonic() < until_s:
            time.sleep(0.02)

    def _disown(self, connection: Connection) -> None:
        with self._lock:
            if self._connection is connection and self._will and connection.still_open:
                connection.state(self._will.topic, self._will.payload)
            self._connection = None
        connection.close()
        self.outbox.rewind()

    # -- the outbox ------------------------------------------------------------------------------------

    def _acknowledged(self, parcel: Parcel) -> None:
        self.outbox.taken(parcel)
        self._pump()

    def _pump(self) -> None:
        """Gives the broker what the window allows. One thread at a time, so that the order stays."""
        while (connection := self._connection) and self.outbox.ready():
            if not self._pumping.acquire(blocking=False):
                return  # whoever pumps looks again after it has let go
            try:
                while parcel := self.outbox.take():
                    connection.give(parcel)
            finally:
                self._pumping.release()
