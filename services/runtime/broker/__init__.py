"""An MQTT broker in this process: small, durable, and with no knowledge of what it carries."""

from services.runtime.broker.acl import Rule, parse_acl
from services.runtime.broker.broker import Broker
from services.runtime.broker.passwords import (
    hash_mosquitto_password,
    parse_passwords,
    verify_mosquitto_password,
)
from services.runtime.broker.stats import Stats
from services.runtime.broker.users import User, read_users

__all__ = [
    "Broker",
    "Rule",
    "Stats",
    "User",
    "hash_mosquitto_password",
    "parse_acl",
    "parse_passwords",
    "read_users",
    "verify_mosquitto_password",
]
