"""What is generated, and that it opens what it should."""

import re
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from services.contract.settings import Settings
from services.runtime.access import USERS
from services.runtime.broker import parse_passwords, verify_mosquitto_password
from services.runtime.errors import UserError
from services.secrets import Secrets, local_secrets, password_file
from services.secrets.keyring import RENEWABLE, RENEWABLE_HERE, check_renewable
from services.secrets.vault import Vault


@pytest.fixture
def keyring(tmp_path: Path) -> Secrets:
    return local_secrets(tmp_path)


def test_the_all_in_one_keeps_its_secrets_beside_its_state(tmp_path: Path) -> None:
    assert local_secrets(tmp_path).session_key == Secrets(Vault(tmp_path / "secrets")).session_key


def test_no_two_secrets_are_alike(keyring: Secrets, tmp_path: Path) -> None:
    found = [keyring.mqtt_password(user) for user in USERS]
    found += [keyring.s3_key(user).secret for user in ("root", "archiver", "gateway", "nightjar")]
    found += [keyring.admin_password, keyring.session_key, local_secrets(tmp_path / "other").admin_password]
    assert len(set(found)) == len(found)


def test_the_admins_password_can_be_typed(keyring: Secrets) -> None:
    assert re.fullmatch(r"([a-hj-km-np-z2-9]{5}-){3}[a-hj-km-np-z2-9]{5}", keyring.admin_password)


def test_the_hash_is_of_the_admins_password_and_stays(keyring: Secrets, tmp_path: Path) -> None:
    assert PasswordHasher().verify(keyring.admin_hash, keyring.admin_password)
    assert local_secrets(tmp_path).admin_hash == keyring.admin_hash


def test_the_password_file_has_every_user_with_a_hash_of_its_password(keyring: Secrets) -> None:
    hashes = parse_passwords(password_file(keyring))
    assert set(hashes) == set(USERS)
    assert all(verify_mosquitto_password(hashes[user], keyring.mqtt_password(user)) for user in USERS)


def test_no_password_stands_in_the_password_file(keyring: Secrets) -> None:
    text = password_file(keyring)
    assert not any(keyring.mqtt_password(user) in text for user in USERS)


def test_before_the_first_start_there_is_one_sentence(keyring: Secrets) -> None:
    with pytest.raises(UserError, match=r"^there are no secrets yet: start it$"):
        keyring.must_exist("start it")
    assert keyring.admin_password
    keyring.must_exist("start it")


def test_what_is_renewed_is_another_one_and_all_else_stays(keyring: Secrets) -> None:
    def everything() -> dict[str, str]:
        return {
            **{f"mqtt-{user}": keyring.mqtt_password(user) for user in USERS},
            **{
                f"s3-{user}": keyring.s3_key(user).secret
                for user in ("root", "archiver", "gateway", "nightjar")
            },
            "admin-password": keyring.admin_password,
            "session-key": keyring.session_key,
        }

    assert set(everything()) == set(RENEWABLE)
    for name in RENEWABLE:
        before = everything()
        keyring.renew(name)
        after = everything()
        assert {each for each in before if before[each] != after[each]} == {name}
    assert PasswordHasher().verify(keyring.admin_hash, keyring.admin_password)


@pytest.mark.parametrize(
    ("name", "own", "sentence"),
    [
        ("?", {}, r"^\? cannot be renewed here; there are mqtt-capture, .*, session-key$"),
        ("s3-root", {}, "s3-root cannot be renewed here"),
        ("mqtt-motion", {"mqtt": {"url": "mqtt://broker"}}, "mqtt.url names a broker of yours"),
        ("session-key", {"gateway": {"session_key": "mine"}}, "yours is in the configuration"),
    ],
)
def test_what_is_not_ours_to_renew_is_said(name: str, own: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        check_renewable(
            ["mqtt-gateway" if "mqtt" not in own else name, name],
            Settings.model_validate({"cameras": {}} | own),
        )
    check_renewable(RENEWABLE_HERE, Settings(cameras={}))
