"""Secrets are made once, kept for their owner alone, and never overwritten."""

import threading
from pathlib import Path

import pytest

from services.runtime.errors import UserError
from services.secrets.vault import Vault, publish


def test_a_secret_is_made_once_and_then_the_same_for_ever(tmp_path: Path) -> None:
    made = iter(["first", "second"])
    assert Vault(tmp_path).get("key", lambda: next(made)) == "first"
    assert Vault(tmp_path).get("key", lambda: next(made)) == "first"


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "secrets")
    vault.get("key", lambda: "value")
    assert (vault.folder / "key").stat().st_mode & 0o777 == 0o600
    assert vault.folder.stat().st_mode & 0o777 == 0o700


def test_of_two_at_the_same_time_the_first_one_wins_for_both(tmp_path: Path) -> None:
    other = Vault(tmp_path)

    def make() -> str:
        other.get("key", lambda: "the other one's")
        return "mine"

    assert Vault(tmp_path).get("key", make) == "the other one's"
    assert other.read("key") == "the other one's"


def test_many_threads_get_one_secret(tmp_path: Path) -> None:
    vault, barrier, found = Vault(tmp_path), threading.Barrier(8), []

    def ask(number: int) -> None:
        barrier.wait()
        found.append(vault.get("key", lambda: str(number)))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_nothing_but_the_secret_is_left_in_the_folder(tmp_path: Path) -> None:
    Vault(tmp_path).get("key", lambda: "value")
    publish(tmp_path, "copy", "value")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "key"]


def test_an_empty_file_is_said_and_not_taken_for_a_password(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    with pytest.raises(UserError, match="key is empty: delete it, and the next start makes a new one"):
        Vault(tmp_path).get("key", lambda: "value")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file/secrets cannot be written by this user: not a directory"):
        publish(tmp_path / "file" / "secrets", "key", "value")


def test_a_published_copy_is_replaced(tmp_path: Path) -> None:
    publish(tmp_path, "acl", "old")
    publish(tmp_path, "acl", "new")
    assert (tmp_path / "acl").read_text() == "new\n"
    assert (tmp_path / "acl").stat().st_mode & 0o777 == 0o600
