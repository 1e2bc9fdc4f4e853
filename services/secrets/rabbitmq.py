"""What a RabbitMQ cluster loads when it starts: users and rights as in mosquitto's files, and its queues."""

import base64
import hashlib
import json
import re
import secrets

from services.runtime.access import PERSON, Access, access_table
from services.secrets.keyring import Secrets

VHOST = "/"
EXCHANGE = "amq.topic"  # of RabbitMQ's MQTT plugin
_SALT_BYTES = 4
#: What may wait for a session whose service is away. Beyond it the oldest is dropped, and asked for again.
QUEUE_BYTES = 512 * 1024 * 1024


def definitions_file(keyring: Secrets, prefix: str) -> str:
    """JSON for `load_definitions`."""
    table = access_table(prefix)
    definitions = {
        "vhosts": [{"name": VHOST}],
        "users": [_user(access.user, keyring.mqtt_password(access.user)) for access in table],
        "permissions": [_permissions(access.user, prefix) for access in table],
        "topic_permissions": [_topic_permissions(access) for access in table],
        "policies": [_POLICY],
    }
    return json.dumps(definitions, indent=1)


#: Without this a quorum queue lets a message go that came back 20 times, as it does with each reconnect.
_POLICY = {
    "name": "nightjar-sessions",
    "vhost": VHOST,
    "pattern": "^mqtt-subscription-.*qos1$",
    "apply-to": "queues",
    "definition": {"delivery-limit": -1, "max-length-bytes": QUEUE_BYTES},
    "priority": 1,
}


def password_hash(password: str, salt: bytes) -> str:
    """As `rabbit_password_hashing_sha256`: base64 of the salt and SHA-256 over salt and password."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _user(name: str, password: str) -> dict[str, object]:
    return {
        "name": name,
        "password_hash": password_hash(password, secrets.token_bytes(_SALT_BYTES)),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }


def _permissions(user: str, prefix: str) -> dict[str, str]:
    """A service has its own sessions, by client id, and nobody else those."""
    clients = f"(?!{prefix}-)" if user == PERSON else f"{prefix}-{user}[.-]"
    queues = rf"mqtt-(subscription|will)-{clients}.*"
    return {
        "user": user,
        "vhost": VHOST,
        "configure": f"^{queues}$",
        "write": rf"^({queues}|amq\.topic)$",
        "read": rf"^({queues}|amq\.topic)$",
    }


def _topic_permissions(access: Access) -> dict[str, str]:
    return {
        "user": access.user,
        "vhost": VHOST,
        "exchange": EXCHANGE,
        "write": _any_of(access.writes),
        "read": _any_of(access.reads),
    }


def _any_of(filters: frozenset[str]) -> str:
    return "^(" + "|".join(pattern(each) for each in sorted(filters)) + ")$"


def pattern(topic_filter: str) -> str:
    """A topic filter as a regular expression over routing keys, where `/` is a dot and `+` a star.

    It matches what the filter matches, and filters that ask for no more than it.
    """
    levels: list[str] = []
    for level in topic_filter.split("/"):
        if level == "#":
            return r"\.".join(levels) + r"(\..*)?" if levels else ".*"
        levels.append(r"[^.#]+" if level == "+" else re.escape(level))
    return r"\.".join(levels)
