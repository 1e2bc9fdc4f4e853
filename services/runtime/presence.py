"""What a service says of itself: its birth, its last will, and who it is."""

import threading
from collections.abc import Iterable

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
        self, broker: BrokerAddress, topics: Topics, service: str, replica: Partition, cameras: Iterable[str]
    ) -> None:
        instance = str(replica.slot)
        presence = topics.service(service, instance)
        # no camera's name has a dot, so no frames' link is called so
        client_id = f"{topics.prefix}-{service}.{instance}"
        self.link = Link(broker, client_id, will=Will(presence, OFFLINE.encode()))
        self.link.hold(presence, ONLINE.encode())
        self._topic = topics.service_info(service, instance)
        self._lock = threading.Lock()
        self._info = ServiceInfo(
            service=service, version=VERSION, instance=instance, slot=str(replica), cameras=list(cameras)
        )
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
            self._info = self._info.model_copy(update={k: v for k, v in news.items() if v is not None})
            self.link.hold(self._topic, self._info.payload())
