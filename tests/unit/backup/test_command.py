"""`nightjar backup` and `nightjar restore`, where nothing runs."""

from argparse import Namespace
from pathlib import Path

import pytest

from services.backup.command import backup, restore
from services.runtime.errors import UserError
from services.runtime.state import alone_in

CAMERAS = "cameras:\n  street:\n    url: 'demo:'\nstate_dir: state\n"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A back-up of an installation; we are in a folder where there is none."""
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    (here / "state" / "secrets").mkdir(parents=True)
    elsewhere.mkdir()
    (here / "nightjar.yaml").write_text(CAMERAS)
    (here / "state" / "secrets" / "session_key").write_text("key\n")
    monkeypatch.chdir(here)
    file = tmp_path / "nightjar.backup"
    backup(arguments(file))
    monkeypatch.chdir(elsewhere)
    return file


def arguments(file: Path) -> Namespace:
    return Namespace(file=str(file), config=Path("nightjar.yaml"))


def test_a_restore_needs_nothing_but_the_file(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    restore(arguments(made))
    assert Path("nightjar.yaml").read_text() == CAMERAS
    assert Path("state/secrets/session_key").read_text() == "key\n"
    assert capsys.readouterr().out.startswith("brought back: 2 files of 20")


def test_a_configuration_that_was_there_is_kept_beside_it(made: Path) -> None:
    Path("nightjar.yaml").write_text("cameras: {}\n")
    restore(arguments(made))
    assert Path("nightjar.yaml").read_text() == CAMERAS
    assert Path("nightjar.yaml.before").read_text() == "cameras: {}\n"


def test_while_nightjar_runs_nothing_is_changed(made: Path) -> None:
    with (
        alone_in(Path("state")),
        pytest.raises(UserError, match="another Nightjar is running"),
    ):
        restore(arguments(made))
    assert sorted(path.name for path in Path().rglob("*") if path.is_file()) == [".lock"]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no .*nowhere"):
        restore(arguments(tmp_path / "nowhere"))
