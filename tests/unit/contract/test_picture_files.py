"""A folder or a pattern means the pictures in it, in an order that people expect."""

from pathlib import Path

from services.contract.picture_files import picture_files


def names(path: Path) -> list[str]:
    found = picture_files(path)
    assert found is not None
    return [file.name for file in found]


def make(folder: Path, *files: str) -> None:
    for file in files:
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).touch()


def test_numbers_count_by_their_value(tmp_path: Path) -> None:
    make(tmp_path, "a10.jpg", "a9.jpg", "a.png", "a100b2.jpeg", "B1.jpg", "2.jpg", "10.jpg")
    assert names(tmp_path) == ["2.jpg", "10.jpg", "B1.jpg", "a9.jpg", "a10.jpg", "a100b2.jpeg", "a.png"]


def test_what_is_no_picture_or_hidden_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "a.txt", ".a.jpg", "jpg", "deeper/b.jpg")
    assert names(tmp_path) == ["a.jpg"]
    assert names(tmp_path / "*") == ["a.jpg"]
    assert names(tmp_path / "**" / "*") == ["a.jpg", "b.jpg"]
    assert names(tmp_path / "*.txt") == []


def test_another_file_is_none(tmp_path: Path) -> None:
    make(tmp_path, "a.avi", "[x].avi")
    assert picture_files(tmp_path / "a.avi") is None
    assert picture_files(tmp_path / "[x].avi") is None
    assert picture_files(tmp_path / "missing.jpg") is None
