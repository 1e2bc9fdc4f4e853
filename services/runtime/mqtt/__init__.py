"""One MQTT connection that comes back by itself, and the bounded outbox that bridges its absences."""

from services.runtime.mqtt.address import BrokerAddress, Will, broker_address, renewable_address
from services.runtime.mqtt.link import Delivery, Link
from services.runtime.mqtt.outbox import Outbox, Parcel

__all__ = [
    "BrokerAddress",
    "Delivery",
    "Link",
    "Outbox",
    "Parcel",
    "Will",
    "broker_address",
    "renewable_address",
]
