"""Nightjar itself as a device of Home Assistant: its services, and what is wrong anywhere."""

from collections.abc import Iterable

from services.contract.status import OFFLINE, ONLINE
from services.contract.topics import Topics
from services.gateway.homeassistant.device import Parts
from services.gateway.homeassistant.naming import Names
from services.gateway.homeassistant.payloads import BinarySensor, DeviceConfig

NAME = "Nightjar"


def whole_device(topics: Topics, services: Iterable[tuple[str, str]], page: str) -> DeviceConfig:
    """`services`: each instance that there is, as `(service, instance)`."""
    services = sorted(services)
    gateways = [topics.service(service, instance) for service, instance in services if service == "gateway"]
    parts = Parts(Names(topics))
    parts.add(
        BinarySensor,
        "problem",
        "Problem",
        gateways,
        availability_mode="any",
        state_topic=topics.health,
        json_attributes_topic=topics.health_detail,
        device_class="problem",
        entity_category="diagnostic",
    )
    for service, instance in services:
        alone = sum(other == service for other, _ in services) == 1
        parts.add(
            BinarySensor,
            f"{service}_{instance}",
            service.capitalize() if alone else f"{service.capitalize()} {instance}",
            gateways,
            availability_mode="any",
            entity=service if alone else f"{service}_{instance}",
            state_topic=topics.service(service, instance),
            payload_on=ONLINE,
            payload_off=OFFLINE,
            device_class="running",
            entity_category="diagnostic",
        )
    return parts.device(NAME, page)
