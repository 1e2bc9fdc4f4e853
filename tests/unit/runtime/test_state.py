"""A state file holds its old or its new content, and is written only when it changed."""

import json
import os
import stat
from pathlib import Path

import pytest

from services.runtime.errors import UserError
from services.runtime.state import StateFile, alone_in, replace_file


def test_what_is_written_is_read_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "not" / "yet" / "motion.json"
    StateFile(path).write({"a": [1, 2], "b": "ü"})
    assert StateFile(path).read() == {"a": [1, 2], "b": "ü"}


def test_where_nothing_was_written_nothing_is_read(tmp_path: Path) -> None:
    assert StateFile(tmp_path / "x.json").read() == {}


def test_what_did_not_change_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    state = StateFile(path)
    state.write({"a": 1, "b": 2})
    before = path.stat()
    state.write({"b": 2, "a": 1})
    assert path.stat().st_ino == before.st_ino
    fresh = StateFile(path)
    fresh.read()
    fresh.write({"a": 1, "b": 2})
    assert path.stat().st_ino == before.st_ino
    state.write({"a": 2})
    assert path.stat().st_ino != before.st_ino


@pytest.mark.parametrize("content", [b"{", b"", b"[1]", b"\xff\xfe\x00"])
def test_a_damaged_file_is_set_aside_and_said(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    state = StateFile(path)
    assert state.read() == {}
    assert (tmp_path / "x.damaged").read_bytes() == content
    assert f"{path} is damaged (" in caplog.text
    assert f"and was moved to {tmp_path / 'x.damaged'}; starting afresh" in caplog.text
    state.write({"a": 1})
    assert StateFile(path).read() == {"a": 1}


def test_a_file_that_cannot_be_read_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        StateFile(tmp_path).read()
    assert (
        str(caught.value)
        == f"cannot read {tmp_path} (is a directory): let this user have it, or set state_dir"
    )


def test_the_old_content_stays_where_the_new_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.json"
    state = StateFile(path)
    state.write({"a": 1})

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        state.write({"a": 2})
    monkeypatch.undo()
    assert json.loads(path.read_text()) == {"a": 1}
    state.write({"a": 2})
    assert json.loads(path.read_text()) == {"a": 2}


def test_content_and_name_are_both_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(descriptor: int) -> None:
        calls.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def note_replace(self: Path, target: Path) -> Path:
        calls.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    replace_file(tmp_path / "x", b"y")
    assert calls == ["file", "rename", "folder"]


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    StateFile(tmp_path / "x.json").write({"a": 1})
    assert (tmp_path / "x.json").stat().st_mode & 0o777 == 0o600


def test_one_folder_has_one_owner(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path),
        pytest.raises(UserError, match="another Nightjar is running on"),
        alone_in(tmp_path),
    ):
        pass
    with alone_in(tmp_path):
        pass
