"""What `secrets show` says; scripts hold on to its shape."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.contract.settings import Settings
from services.runtime.errors import UserError
from services.secrets import Secrets, local_logins, local_secrets
from services.secrets import __main__ as command
from services.secrets.composed import Composed, logins
from services.secrets.vault import Vault

SHAPE = {
    "dashboard": {"url", "user", "password"},
    "mqtt": {"url", "user", "password"},
    "archive": {"url", "endpoint", "access_key", "secret_key", "bucket", "console"},
}


def shown(tmp_path: Path, **sections: Any) -> dict[str, dict[str, str | None]]:
    settings = Settings.model_validate({"cameras": {}} | sections)
    loaded: dict[str, dict[str, str | None]] = json.loads(
        local_logins(settings, local_secrets(tmp_path)).as_json()
    )
    return loaded


def composed(tmp_path: Path, **environ: str) -> dict[str, dict[str, str | None]]:
    loaded: dict[str, dict[str, str | None]] = json.loads(logins(Composed.of(environ), tmp_path).as_json())
    return loaded


def keyring(root: Path) -> Secrets:
    made = Secrets(Vault(root / "vault"))
    assert made.admin_password
    return made


def test_the_all_in_one_shows_where_it_listens(tmp_path: Path) -> None:
    found = shown(tmp_path, gateway={"listen": "0.0.0.0:18080"}, mqtt={"listen": "127.0.0.1:11883"})
    secrets = local_secrets(tmp_path)
    assert {part: set(fields) for part, fields in found.items()} == SHAPE
    assert found["dashboard"] == {
        "url": "http://localhost:18080", "user": "admin", "password": secrets.admin_password,
    }  # fmt: skip
    assert found["mqtt"] == {
        "url": "mqtt://127.0.0.1:11883", "user": "nightjar", "password": secrets.mqtt_password("nightjar"),
    }  # fmt: skip


def test_a_folder_archive_has_its_url_and_nothing_else(tmp_path: Path) -> None:
    archive = shown(tmp_path, archive={"url": f"file://{tmp_path}/kept"})["archive"]
    assert archive.pop("url") == f"file://{tmp_path}/kept"
    assert set(archive.values()) == {None}


def test_a_relative_folder_is_shown_as_an_absolute_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path)["archive"]["url"] == f"file://{tmp_path}/data/archive"


def test_what_the_user_chose_is_shown_as_he_wrote_it(tmp_path: Path) -> None:
    found = shown(
        tmp_path,
        gateway={"password_hash": "$argon2id$…", "user": "ann", "public_url": "https://cams.example"},
        mqtt={"url": "mqtt://broker.example", "user": "bob", "password": "secret"},
        archive={"url": "s3://kept?region=eu-central-1", "access_key": "A", "secret_key": "S"},
    )
    assert found["dashboard"] == {"url": "https://cams.example", "user": "ann", "password": None}
    assert found["mqtt"] == {"url": "mqtt://broker.example", "user": "bob", "password": "secret"}
    assert found["archive"]["bucket"] == "kept"
    assert (found["archive"]["access_key"], found["archive"]["secret_key"]) == ("A", "S")


def test_a_composed_system_is_shown_as_seen_from_the_host(tmp_path: Path) -> None:
    secrets = keyring(tmp_path)
    found = composed(
        tmp_path,
        NIGHTJAR_ARCHIVE__URL="s3://nightjar?endpoint=http://s3:9000",
        DASHBOARD_URL="http://localhost:18080",
        MQTT_URL="mqtt://localhost:11883",
        S3_URL="http://localhost:19000",
        S3_CONSOLE_URL="http://localhost:19001",
    )
    assert {part: set(fields) for part, fields in found.items()} == SHAPE
    assert found["dashboard"]["url"] == "http://localhost:18080"
    assert found["mqtt"]["url"] == "mqtt://localhost:11883"
    assert found["archive"] == {
        "url": "s3://nightjar?endpoint=http://localhost:19000",
        "endpoint": "http://localhost:19000",
        "access_key": "nightjar",
        "secret_key": secrets.s3_key("nightjar").secret,
        "bucket": "nightjar",
        "console": "http://localhost:19001",
    }


def test_where_s3_is_somebody_elses_there_is_nothing_to_show_of_it(tmp_path: Path) -> None:
    keyring(tmp_path)
    assert set(composed(tmp_path)["archive"].values()) == {None}


def test_before_the_first_start_it_says_what_to_do_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there are no secrets yet: run `docker compose up` once"):
        composed(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_people_read_only_what_there_is(tmp_path: Path) -> None:
    keyring(tmp_path)
    text = logins(Composed.of({}), tmp_path).as_text()
    assert "None" not in text
    assert "  url         http://localhost:8080\n  user        admin\n" in text


def test_the_command_prints_json_for_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keyring(tmp_path)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    assert command.main(["show", "--json"]) == 0
    assert {part: set(fields) for part, fields in json.loads(capsys.readouterr().out).items()} == SHAPE
