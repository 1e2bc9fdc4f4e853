"""Who needs a camera's pictures, as said on `want/…`."""

from services.contract.status import ON, ONLINE
from services.contract.topics import ANY, Topics
from services.runtime.mqtt import Delivery, Link

GATEWAY = "gateway"


class Demand:
    """What has been said last, and by whom.

    A gateway that is gone has no viewers, whatever it wanted; motion that is gone comes back to what was kept
    for it meanwhile, so what it wanted still holds.
    """

    def __init__(self) -> None:
        self._wants: set[str] = set()
        self._gone: set[str] = set()

    @property
    def wanted(self) -> bool:
        return bool(self._wants - self._gone)

    def attach(self, link: Link, topics: Topics, camera: str) -> None:
        link.subscribe(topics.want(camera, ANY), self._said)
        link.subscribe(topics.service(GATEWAY, ANY), self._gateway)

    def _said(self, delivery: Delivery) -> None:
        who = delivery.topic.rpartition("/")[2]
        self._wants = self._wants | {who} if delivery.payload == ON.encode() else self._wants - {who}

    def _gateway(self, delivery: Delivery) -> None:
        who = f"{GATEWAY}-{delivery.topic.rpartition('/')[2]}"
        here = delivery.payload == ONLINE.encode()
        self._gone = self._gone - {who} if here else self._gone | {who}
