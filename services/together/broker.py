"""The embedded broker as one more service, with the users and rights that mosquitto gets in compose."""

import contextlib
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
            user: User(password.is_it, tuple(rules[user]), password.now)
            for user, password in ((user, _Password(secrets, user)) for user in USERS)
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
    read = partial(secrets.mqtt_password, user)
    return BrokerAddress(nearby, port, user, read(), read_password=read)


class _Password:
    """A user's password as it stands in the vault by now; the one of before while that cannot be read."""

    def __init__(self, secrets: Secrets, user: str) -> None:
        self._read = partial(secrets.mqtt_password, user)
        self._last = self._read()

    def now(self) -> str:
        with contextlib.suppress(UserError):
            self._last = self._read()
        return self._last

    def is_it(self, given: bytes) -> bool:
        return compare_digest(self.now().encode(), given)
