"""A replica's share of the cameras, followed while replicas come and go."""

import logging
import threading
import time
from collections.abc import Callable, Mapping

from pydantic import ValidationError

from services.contract.settings import CameraSettings
from services.contract.status import OFFLINE, ServiceInfo
from services.contract.topics import ANY, Topics
from services.runtime.claims import Claims
from services.runtime.mqtt import Delivery
from services.runtime.presence import Presence
from services.runtime.stop import told_of

log = logging.getLogger(__name__)

#: How often is looked whether somebody has had his time, while somebody may.
LOOK_EVERY_S = 0.2

Cameras = Mapping[str, CameraSettings]


class Share:
    """Tells the service which cameras are its own now, and the other replicas which it is at work on.

    `apply` is called with them, one call at a time and never in the link's thread; it returns when those that
    are another's now have been let go.
    """

    def __init__(
        self, presence: Presence, topics: Topics, wanted: Cameras, apply: Callable[[Cameras], None]
    ) -> None:
        self._presence = presence
        self._topics = topics
        self._wanted = wanted
        self._apply = apply
        self._claims = Claims(presence.info, time.monotonic())
        self._lock = threading.Lock()  # of the claims
        self._changing = threading.Lock()
        self._is_denied = False
        self._news = threading.Event()
        self.cameras = self._ours()
        presence.tell(cameras=self.cameras)

    def attach(self) -> None:
        """Before the link runs."""
        service = self._presence.info.service
        link = self._presence.link
        # In this order: what is remembered of a slot that is nobody's is then known to be so.
        link.subscribe(self._topics.service(service, ANY), self._take_presence)
        link.subscribe(self._topics.service_info(service, ANY), self._take_info)

    def want(self, wanted: Cameras) -> None:
        """The configuration has changed; returns when it is followed."""
        self._wanted = wanted
        self._follow(even_if_the_same=True)

    def run(self, stop: threading.Event) -> None:
        """Follows until `stop`."""
        with told_of(stop, self._news.set) as at_most_s:
            while not self._stopped(stop, at_most_s):
                self._follow()
                if self._is_denied:
                    self._is_denied = False
                    self._presence.contradict()

    def _stopped(self, stop: threading.Event, at_most_s: float) -> bool:
        """Waits until there is news, or somebody may have had his time; says whether it is over."""
        with self._lock:
            settled = self._claims.settled(time.monotonic())
        self._news.wait(at_most_s if settled else LOOK_EVERY_S)
        self._news.clear()
        return stop.is_set()

    @property
    def problem(self) -> str:
        """What is wrong with the replicas as a whole, as far as this one can see; empty: nothing."""
        with self._lock:
            twin = self._claims.twin
        if twin is None:
            return ""
        return (
            f"another {twin.service} has the slot {twin.slot} too, and began later, so this one rests: give "
            "each replica a NIGHTJAR_PARTITION of its own"
        )

    def _follow(self, *, even_if_the_same: bool = False) -> None:
        with self._changing:
            ours = self._ours()
            if ours == self.cameras and not even_if_the_same:
                return
            if ours.keys() != self.cameras.keys() and not even_if_the_same:
                _say(self._presence.info.service, self.cameras, ours)
            self._apply(ours)
            self.cameras = ours
            self._presence.tell(cameras=ours)

    def _ours(self) -> Cameras:
        with self._lock:
            ours = self._claims.ours(self._wanted, time.monotonic())
        return {camera: own for camera, own in self._wanted.items() if camera in ours}

    def _take_info(self, delivery: Delivery) -> None:
        if not delivery.payload:
            return
        try:
            info = ServiceInfo.model_validate_json(delivery.payload)
        except ValidationError:
            log.warning("a message on %s was not understood and is ignored", delivery.topic)
            return
        with self._lock:
            is_new = self._claims.heard(info, time.monotonic(), retained=delivery.retain)
        self._news.set()
        if is_new:
            self._presence.say_again()

    def _take_presence(self, delivery: Delivery) -> None:
        instance = delivery.topic.rpartition("/")[2]
        if delivery.payload != OFFLINE.encode():
            return
        if instance == self._presence.info.instance and not delivery.retain:
            self._is_denied = True  # the last will of an earlier life of ours, or a twin has gone
        with self._lock:
            self._claims.gone(instance)
        self._news.set()


def _say(service: str, before: Cameras, now: Cameras) -> None:
    came, went = sorted(now.keys() - before.keys()), sorted(before.keys() - now.keys())
    parts = [("takes over", came), ("lets go of", went)]
    said = "; ".join(f"{word} {', '.join(names)}" for word, names in parts if names)
    log.info("%s %s", service, said)
