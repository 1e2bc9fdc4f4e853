"""What a folder does when its disk does not."""

import errno
import os
import time
from pathlib import Path

import pytest

from services.store import StoreError, StoreFull, StoreRefused, StoreRejected, StoreUnavailable, open_store
from services.store.folder import FolderStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def store(root: Path) -> FolderStore:
    store = FolderStore(root)
    store.prepare()
    return store


def test_a_disk_that_is_away_is_not_made_anew(store: FolderStore, root: Path) -> None:
    root.rmdir()
    for ask in (
        lambda: store.put("a/b", b"x"),
        lambda: store.get("a/b"),
        lambda: store.stat("a/b"),
        lambda: store.delete("a/b"),
        lambda: list(store.list()),
    ):
        with pytest.raises(StoreUnavailable) as caught:
            ask()
        assert str(caught.value) == f"the archive's folder {root} is away"
    assert not root.exists()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, (StoreFull, "is full (no space left on device)")),
        (errno.EROFS, (StoreRefused, "may not be used (read-only file system); let user")),
        (errno.EIO, (StoreUnavailable, "does not work (input/output error)")),
        (errno.ENAMETOOLONG, (StoreRejected, "cannot take this object (file name too long)")),
    ],
)
def test_each_failure_to_write_has_its_kind_and_leaves_no_file_behind(
    number: int,
    said: tuple[type[StoreError], str],
    store: FolderStore,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    store.put("a/b", b"before")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(StoreError) as caught:
            store.put("a/b", b"after")
    kind, sentence = said
    assert type(caught.value) is kind
    assert str(caught.value).startswith(f"the archive's folder {root} {sentence}")
    assert [path.name for path in (root / "a").iterdir()] == ["b"]
    assert store.get("a/b") == b"before"


def test_file_and_folders_are_synced_before_put_returns(
    store: FolderStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(Path(f"/proc/self/fd/{handle}").readlink()))
    store.put("a/b", b"x")
    folder, file, last = synced
    assert (folder, file.parent, last) == (root, root / "a", root / "a")


def test_an_object_cannot_stand_where_a_folder_does(store: FolderStore) -> None:
    store.put("a/b", b"x")
    for key in ("a", "a/b/c"):
        with pytest.raises(StoreRejected, match="cannot take this object"):
            store.put(key, b"y")
    assert [found.key for found in store.list()] == ["a/b"]


def test_what_a_power_cut_left_unfinished_is_not_shown_and_goes_with_its_folder(
    store: FolderStore, root: Path
) -> None:
    store.put("a/b", b"x")
    left = root / "a" / ".~0123"
    left.write_bytes(b"half")
    os.utime(left, (0, time.time() - 4000))
    assert [found.key for found in store.list()] == ["a/b"]
    store.delete("a/b")
    assert list(root.iterdir()) == []


def test_what_another_is_writing_now_is_left_alone(store: FolderStore, root: Path) -> None:
    store.put("a/b", b"x")
    (root / "a" / ".~0123").write_bytes(b"half")
    store.delete("a/b")
    assert (root / "a" / ".~0123").exists()


def test_a_folder_without_the_right_to_write_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(StoreRefused, match=r"may not be used \(permission denied\); let user"):
        FolderStore(root).prepare()


def test_a_file_in_the_folders_place_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("no folder")
    with pytest.raises(StoreUnavailable, match=r"does not work \(file exists\)"):
        FolderStore(tmp_path / "archive").prepare()


def test_a_relative_folder_is_relative_to_where_we_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_store("file:data/archive").describe() == f"{tmp_path.as_uri()}/data/archive"
