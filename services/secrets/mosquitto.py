"""The users of the MQTT broker as a password file, for mosquitto and for the embedded broker."""

import secrets

from services.runtime.access import USERS
from services.runtime.broker import hash_mosquitto_password
from services.secrets.keyring import Secrets

_SALT_BYTES = 12  # mosquitto 2.0 takes no other length


def password_file(keyring: Secrets) -> str:
    """One line `user:hash` for each MQTT user; salted anew each time, so that it need not be kept."""
    return "".join(
        f"{user}:{hash_mosquitto_password(keyring.mqtt_password(user), secrets.token_bytes(_SALT_BYTES))}\n"
        for user in USERS
    )
