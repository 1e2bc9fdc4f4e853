"""The embedded broker as one more service, with the users and rights that mosquitto gets in compose."""

import os
import threading
from functools import partial
from hmac import compare_digest
from pathlib import Path

from services.contract.settings import MqttSettings, split_address
from services.runtime.access import USERS, acl_text
from services.runtime.broker import Broker, User, parse_acl
from services.runtime.errors import UserError
from services.runtime.mqtt import BrokerAddress
from services.secrets.keyring import Secrets

MB = 1_000_000


class EmbeddedBroker:
    """A broker for this process, for Home Assistant and for `mosquitto_sub`."""

    name = "broker"

    def __init__(self, settings: MqttSettings, secrets: Secrets, state_file: Path) -> None:
        self._listen = settings.listen
        rules = parse_acl(acl_text(settings.prefix))
        users = {
            user: User(partial(_same, secrets.mqtt_password(user)), tuple(rules[user])) for user in USERS
        }
        self._broker = Broker(
            split_address(settings.listen),
            users,
            state_file,
            max_packet_bytes=int(settings.max_packet_mb * MB),
        )

    def problems(self) -> list[str]:
        return [] if self._broker.ready.is_set() else ["the embedded broker does not listen yet"]

    def run(self, stop: threading.Event) -> None:
        """Raises UserError where its address is taken."""
        try:
            self._broker.run(stop)
        except OSError as error:
            reason = os.strerror(error.errno).lower() if error.errno else str(error)
            raise UserError(
                f"the embedded broker cannot listen on {self._listen} ({reason}): set mqtt.listen"
                " (NIGHTJAR_MQTT__LISTEN) to another address, or mqtt.url to a broker that is there"
            ) from None


def address_of(settings: MqttSettings, secrets: Secrets, user: str) -> BrokerAddress:
    """How a service of this process reaches the embedded broker."""
    host, port = split_address(settings.listen)
    nearby = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    return BrokerAddress(nearby, port, user, secrets.mqtt_password(user))


def _same(expected: str, given: bytes) -> bool:
    return compare_digest(expected.encode(), given)
