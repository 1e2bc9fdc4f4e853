"""What a service says of itself: its birth, its last will, and who it is."""

from services.contract.status import OFFLINE, ONLINE, ServiceInfo
from services.contract.topics import Topics
from services.runtime import VERSION
from services.runtime.mqtt import BrokerAddress, Link, Will


def control_link(
    broker: BrokerAddress, topics: Topics, service: str, instance: str, cameras: list[str]
) -> Link:
    """The link for a service's small messages; it says `online`, and `offline` when it goes or is gone."""
    presence = topics.service(service, instance)
    link = Link(
        broker,
        f"nightjar-{service}.{instance}",  # no camera's name has a dot, so no frames' link is called so
        will=Will(presence, OFFLINE.encode()),
    )
    link.hold(presence, ONLINE.encode())
    info = ServiceInfo(service=service, version=VERSION, instance=instance, cameras=cameras)
    link.hold(topics.service_info(service, instance), info.payload())
    return link
