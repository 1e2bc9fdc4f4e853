"""The configuration is read again when its file has changed, whichever way an editor has changed it."""

import logging
import os
from pathlib import Path

import pytest

from services.contract.settings import Settings
from services.runtime import config
from services.runtime.reload import Reload

HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaGhhc2g"
STREET = "cameras:\n  street:\n    url: 'demo:'\n"
YARD = STREET + "  yard:\n    url: 'demo:'\n"


class Service:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[list[str]] = []
        self.complaints: list[str] = []

    def reconfigure(self, settings: Settings) -> None:
        self.told.append(sorted(settings.cameras))

    def complain(self, problem: str) -> None:
        self.complaints.append(problem)


class Scene:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "nightjar.yaml"
        self.path.write_text(STREET)
        self.service = Service()
        settings = config.load(self.path, {})
        self.reload = Reload(self.path, lambda: config.load(self.path, {}), settings, [self.service])

    def look(self, times: int = 2) -> list[list[str]]:
        for _ in range(times):
            self.reload.look()
        return self.service.told


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_as_long_as_the_file_stays_as_it_is_nobody_is_told(scene: Scene) -> None:
    os.utime(scene.path)
    assert scene.look(3) == []


def test_a_file_that_was_written_in_place_is_read_again_once(scene: Scene) -> None:
    scene.path.write_text(YARD)
    assert scene.look(4) == [["street", "yard"]]


def test_a_file_that_another_one_replaced_is_read_again(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "new").write_text(YARD)
    (tmp_path / "new").replace(scene.path)
    assert scene.look() == [["street", "yard"]]


def test_a_file_that_is_still_being_written_is_waited_for(scene: Scene) -> None:
    scene.path.write_text("")
    scene.look(1)
    scene.path.write_text(YARD)
    assert scene.look(1) == []
    assert scene.look(1) == [["street", "yard"]]
    assert scene.service.complaints == [""]


def test_a_bad_file_changes_nothing_and_is_said_until_it_is_mended(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.path.write_text(STREET + "    sensitivty: 3\n")
    assert scene.look(4) == []
    (complaint,) = scene.service.complaints
    assert complaint.startswith("the configuration was changed and is not in force: ")
    assert "nightjar.yaml line 4: cameras.street.sensitivty is no setting" in complaint
    assert "the configuration of before stays in force" in caplog.text
    scene.path.write_text(STREET)
    scene.look()
    assert scene.service.complaints[-1] == ""


def test_a_file_that_is_gone_changes_nothing_and_is_said(scene: Scene) -> None:
    scene.path.unlink()
    assert scene.look() == []
    assert "does not exist" in scene.service.complaints[0]


def test_what_came_and_went_is_logged(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scene.path.write_text("cameras:\n  yard:\n    url: 'demo:'\n")
    scene.look()
    assert "was read again; cameras new: yard; gone: street" in caplog.text


def test_users_that_come_and_go_need_no_restart(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scene.path.write_text(f"{STREET}gateway:\n  users:\n    anna:\n      password_hash: '{HASH}'\n")
    scene.look()
    assert caplog.messages == [f"{scene.path} was read again; cameras are as they were; users new: anna"]


def test_a_password_in_a_file_of_its_own_that_is_renewed_needs_no_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path, secret = tmp_path / "nightjar.yaml", tmp_path / "hash"
    path.write_text(STREET)
    secret.write_text(HASH)
    environ = {"NIGHTJAR_GATEWAY__PASSWORD_HASH_FILE": str(secret)}
    service, settings = Service(), config.load(path, environ)
    reload = Reload(path, settings.again, settings, [service], config.secret_files(environ))
    reload.look()
    secret.write_text(HASH + "x")
    reload.look()
    reload.look()
    assert service.told == [["street"]]
    assert caplog.messages == [
        f"{path} was read again; cameras are as they were; passwords or keys are others"
    ]


def test_what_needs_a_restart_is_said(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.path.write_text(STREET + "log:\n  level: debug\n")
    scene.look()
    assert f"log was changed in {scene.path}: that is taken up by a restart" in caplog.messages
