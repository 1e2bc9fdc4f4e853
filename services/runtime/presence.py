"""What a service says of itself: its birth, its last will, and who it is."""

from services.contract.partition import Partition
from services.contract.status import OFFLINE, ONLINE, ServiceInfo
from services.contract.topics import Topics
from services.runtime import VERSION
from services.runtime.mqtt import BrokerAddress, Link, Will


def control_link(
    broker: BrokerAddress, topics: Topics, service: str, replica: Partition, cameras: list[str]
) -> Link:
    """The link for a service's small messages; it says `online`, and `offline` when it goes or is gone.

    A replica is known by its slot, which stays, and not by a host or a process, which change.
    """
    instance = str(replica.slot)
    client_id = f"{topics.prefix}-{service}.{instance}"  # no camera's name has a dot: no frames' link is so
    presence = topics.service(service, instance)
    link = Link(
        broker,
        client_id,
        will=Will(presence, OFFLINE.encode()),
    )
    link.hold(presence, ONLINE.encode())
    info = service_info(service, replica, cameras)
    link.hold(topics.service_info(service, instance), info.payload())
    return link


def service_info(
    service: str, replica: Partition, cameras: list[str], *, paused: bool = False
) -> ServiceInfo:
    return ServiceInfo(
        service=service,
        version=VERSION,
        instance=str(replica.slot),
        slot=str(replica),
        cameras=cameras,
        paused=paused,
    )
