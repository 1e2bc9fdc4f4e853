"""What a service says of itself: its birth, its last will, and who it is."""

import secrets
import threading
from collections.abc import Iterable
from datetime import UTC, datetime

from services.contract.partition import Partition
from services.contract.status import OFFLINE, ONLINE, ServiceInfo
from services.contract.topics import Topics
from services.runtime import VERSION
from services.runtime.mqtt import BrokerAddress, Link, Will


class Presence:
    """A service on its control link, which carries its small messages.

    It says `online`, and `offline` when it goes or is gone. A replica is known by its slot, which stays, and
    not by a host or a process, which change.
    """

    def __init__(
        self,
        broker: BrokerAddress,
        topics: Topics,
        service: str,
        replica: Partition,
        cameras: Iterable[str] = (),
    ) -> None:
        self.info = ServiceInfo(
            service=service,
            version=VERSION,
            instance=str(replica.slot),
            slot=str(replica),
            cameras=list(cameras),
            run=secrets.token_hex(4),
            since=datetime.now(UTC),
        )
        self._state = topics.service(service, self.info.instance)
        self._topic = topics.service_info(service, self.info.instance)
        self._lock = threading.Lock()
        # no camera's name has a dot, so no frames' link is called so
        client_id = f"{topics.prefix}-{service}.{self.info.instance}"
        if replica.count > 1:  # two that were given the same slot are to see one another, not to take turns
            client_id += f"-{self.info.run}"
        self.link = Link(broker, client_id, will=Will(self._state, OFFLINE.encode()))
        self.link.hold(self._state, ONLINE.encode())
        self.tell()

    def tell(
        self, *, cameras: Iterable[str] | None = None, paused: bool | None = None, problem: str | None = None
    ) -> None:
        """Says what is new; what is None is as it was."""
        news = {
            "cameras": None if cameras is None else list(cameras),
            "paused": paused,
            "problem": problem,
        }
        with self._lock:
            self.info = self.info.model_copy(update={k: v for k, v in news.items() if v is not None})
            self.link.hold(self._topic, self.info.payload())

    def say_again(self) -> None:
        """All that we hold, for a replica that has just come: not every broker tells it."""
        self.link.say_again()

    def contradict(self) -> None:
        """An earlier life of ours was found dead by the broker: we are there all the same."""
        self.say_again()
