"""Each container finds its own secrets, and nobody else's."""

from pathlib import Path

import pytest

from services.runtime.broker import parse_acl, parse_passwords
from services.secrets import Secrets
from services.secrets.vault import Vault
from services.secrets.volumes import hand_out


@pytest.fixture
def root(tmp_path: Path) -> Path:
    hand_out(Secrets(Vault(tmp_path / "vault")), tmp_path, "nightjar")
    return tmp_path


def files(root: Path) -> dict[str, set[str]]:
    return {
        folder.name: {file.name for file in folder.iterdir()}
        for folder in root.iterdir()
        if folder.name != "vault"
    }


def test_each_service_gets_just_this(root: Path) -> None:
    assert files(root) == {
        "mqtt": {"acl", "passwords"},
        "s3": {"root_user", "root_password"},
        "capture": {"mqtt_password"},
        "motion": {"mqtt_password"},
        "archiver": {"mqtt_password", "s3_access_key", "s3_secret_key"},
        "gateway": {
            "mqtt_password", "s3_access_key", "s3_secret_key", "admin_password_hash", "session_key",
        },
    }  # fmt: skip


def test_the_s3_root_key_reaches_the_s3_server_and_nobody_else(root: Path) -> None:
    secret = Secrets(Vault(root / "vault")).s3_key("root").secret
    holders = {path.parent.name for path in root.rglob("*") if path.is_file() and secret in path.read_text()}
    assert holders == {"s3", "vault"}


def test_no_service_gets_the_admins_password(root: Path) -> None:
    password = Secrets(Vault(root / "vault")).admin_password
    holders = {
        path.parent.name for path in root.rglob("*") if path.is_file() and password in path.read_text()
    }
    assert holders == {"vault"}


def test_the_broker_gets_files_that_it_understands(root: Path) -> None:
    users = parse_passwords((root / "mqtt" / "passwords").read_text())
    assert set(users) <= set(parse_acl((root / "mqtt" / "acl").read_text()))


def test_a_second_start_changes_no_secret(root: Path) -> None:
    before = {path: path.read_text() for path in root.rglob("*") if path.is_file()}
    hand_out(Secrets(Vault(root / "vault")), root, "nightjar")
    changed = {path.name for path, text in before.items() if path.read_text() != text}
    assert changed == {"passwords"}  # salted anew


def test_a_deleted_secret_is_made_anew_everywhere(root: Path) -> None:
    before = (root / "motion" / "mqtt_password").read_text()
    (root / "vault" / "mqtt_motion").unlink()
    hand_out(Secrets(Vault(root / "vault")), root, "nightjar")
    assert (root / "motion" / "mqtt_password").read_text() != before
