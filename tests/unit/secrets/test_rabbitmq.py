"""RabbitMQ gets the same users and rights as mosquitto, in its own words."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from services.secrets.keyring import local_secrets
from services.secrets.rabbitmq import definitions_file, password_hash, pattern


@pytest.mark.parametrize(
    ("topic_filter", "key"),
    [
        ("nightjar/camera/+/event", "nightjar.camera.door.event"),
        ("nightjar/camera/+/event", "nightjar.camera.*.event"),
        ("nightjar/#", "nightjar.camera.door.health.detail"),
        ("nightjar/#", "nightjar.#"),
        ("nightjar/#", "nightjar"),
        ("#", "anything.at.all"),
        ("$SYS/#", "$SYS.broker.uptime"),
    ],
)
def test_what_a_filter_allows_is_allowed(topic_filter: str, key: str) -> None:
    assert re.fullmatch(pattern(topic_filter), key)


@pytest.mark.parametrize(
    ("topic_filter", "key"),
    [
        ("nightjar/camera/+/event", "nightjar.camera.door.motion"),
        ("nightjar/camera/+/event", "nightjar.camera.door.x.event"),
        ("nightjar/camera/+/event", "nightjar.camera.#.event"),
        ("nightjar/camera/+/event", "nightjar.#"),
        ("nightjar/#", "nightjar-frames.door.live"),
        ("nightjar/#", "#"),
    ],
)
def test_what_a_filter_does_not_allow_is_not(topic_filter: str, key: str) -> None:
    assert not re.fullmatch(pattern(topic_filter), key)


def test_a_password_is_hashed_as_rabbitmq_does() -> None:
    salt = bytes.fromhex("908dc60a")  # of the example in RabbitMQ's documentation
    expected = base64.b64encode(salt + hashlib.sha256(salt + b"test12").digest()).decode()
    assert password_hash("test12", salt) == expected == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"


def test_each_user_has_rights_and_no_password_is_in_the_file(tmp_path: Path) -> None:
    keyring = local_secrets(tmp_path)
    text = definitions_file(keyring, "nightjar")
    definitions = json.loads(text)
    users = [user["name"] for user in definitions["users"]]
    assert users == ["capture", "motion", "archiver", "gateway", "nightjar"]
    for kind in ("permissions", "topic_permissions"):
        assert [each["user"] for each in definitions[kind]] == users
    assert not any(keyring.mqtt_password(user) in text for user in users)


def test_a_service_reaches_no_session_but_its_own(tmp_path: Path) -> None:
    definitions = json.loads(definitions_file(local_secrets(tmp_path), "nightjar"))
    motion, person = (
        next(each["configure"] for each in definitions["permissions"] if each["user"] == user)
        for user in ("motion", "nightjar")
    )
    ours, theirs = "mqtt-subscription-nightjar-motion-doorqos1", "mqtt-subscription-nightjar-archiver.1qos1"
    assert [bool(re.match(motion, name)) for name in (ours, theirs)] == [True, False]
    assert [bool(re.match(person, name)) for name in (ours, "mqtt-subscription-homeqos0")] == [False, True]
