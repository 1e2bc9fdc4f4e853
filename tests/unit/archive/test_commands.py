"""`nightjar archive`, as it is called, on archives in folders."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.__main__ import _main
from services.contract.archive_keys import KeyLayout
from services.contract.experiments import layout_of
from services.runtime.errors import UserError
from services.store import Store
from tests.unit.archive.pictures import keep_pictures
from tests.unit.archives import DAY, folder, keep_event

HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An archive, and an empty folder to work in."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("NIGHTJAR_ARCHIVE__URL", tmp_path.as_uri() + "/archive")
    return folder(tmp_path / "archive")


class Called:
    """The command, its status and what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str]:
        status = _main(["archive", *words])
        return status, self._capsys.readouterr().out


@pytest.fixture
def nightjar(capsys: pytest.CaptureFixture[str]) -> Called:
    return Called(capsys)


class TestLs:
    def test_lists_the_newest_first_with_a_sum(self, store: Store, nightjar: Called) -> None:
        events = [keep_event(store, DAY + n * HOUR, camera) for n, camera in enumerate(("door", "yard"))]
        _, said = nightjar("ls")
        lines = said.splitlines()
        assert [line.split()[0] for line in lines[1:-1]] == events[::-1]
        assert "yard" in lines[1]
        assert lines[-1].startswith("2 events, 20 frames, ")

    def test_as_json_says_all_that_the_table_says(self, store: Store, nightjar: Called) -> None:
        event = keep_event(store, DAY, missing=3)
        keep_event(store, DAY + HOUR, manifest=False)
        _, said = nightjar("ls", "--json")
        open_one, closed = json.loads(said)
        assert (open_one["closed"], open_one["frames"]) == (False, 0)
        assert (closed["event"], closed["frames"], closed["missing"]) == (event, 10, 3)
        assert closed["started"] == "2026-11-20T12:00:00.000000Z"

    def test_by_camera_and_time(self, store: Store, nightjar: Called) -> None:
        for n in range(6):
            keep_event(store, DAY + n * timedelta(days=1), ("door", "yard")[n % 2], frames=1)
        _, said = nightjar(
            "ls", "--camera", "door", "--since", "2026-11-21", "--until", "2026-11-24", "--json"
        )
        assert [one["started"][:10] for one in json.loads(said)] == ["2026-11-24", "2026-11-22"]

    def test_says_when_there_are_more(self, store: Store, nightjar: Called) -> None:
        for n in range(4):
            keep_event(store, DAY + n * HOUR, frames=1)
        assert "There are more: these are the newest 3" in nightjar("ls", "--limit", "3")[1]
        assert "There are more" not in nightjar("ls", "--limit", "4")[1]
        assert nightjar("ls", "--limit", "0")[1].count("motion") == 4

    def test_an_empty_archive_is_no_error(self, store: Store, nightjar: Called) -> None:
        assert nightjar("ls") == (0, "There are no such events.\n")

    def test_an_experiments_slices_are_listed_by_its_prefix(self, store: Store, nightjar: Called) -> None:
        keep_event(store, DAY, layout=layout_of("experiments/leaves"))
        assert nightjar("ls")[1] == "There are no such events.\n"
        assert "1 event, 10 frames" in nightjar("--prefix", "experiments/leaves", "ls")[1]


class TestShow:
    def test_tells_what_is_missing_and_why(self, store: Store, nightjar: Called) -> None:
        event = keep_event(store, DAY, missing=3)
        _, said = nightjar("show", f"door/{event}")
        assert "missing   3" in said
        assert "100 to 102 of session 0000000000000000: gone" in said

    def test_as_json_is_the_manifest(self, store: Store, nightjar: Called) -> None:
        manifest, _ = keep_pictures(store, DAY)
        assert nightjar("show", manifest.event, "--json")[1].strip() == manifest.file().decode()

    def test_an_event_that_is_not_there_is_said_in_a_sentence(self, store: Store, nightjar: Called) -> None:
        with pytest.raises(UserError, match="has no event 20261120T120000Z-00ab; `nightjar archive ls`"):
            nightjar("show", "20261120T120000Z-00ab")

    def test_an_id_that_two_cameras_have_needs_the_camera(self, store: Store, nightjar: Called) -> None:
        event = keep_event(store, DAY, "door")
        keep_event(store, DAY, "yard")
        with pytest.raises(UserError, match=f"say door/{event} or yard/{event}"):
            nightjar("show", event)


class TestVerify:
    def test_an_archive_that_is_right(self, store: Store, nightjar: Called) -> None:
        keep_event(store, DAY)
        keep_event(store, DAY, "yard")
        status, said = nightjar("verify")
        assert status == 0
        assert said.splitlines()[0].startswith("2 events, 20 frames (by SHA-256, ")
        assert said.splitlines()[-1] == "All is as it was stored."

    def test_what_is_gone_changed_or_not_explained_is_named(self, store: Store, nightjar: Called) -> None:
        manifest, jpegs = keep_pictures(store, DAY)
        keys = [frame.key for frame in manifest.frames]
        store.delete(keys[2])
        store.put(keys[4], jpegs[4][:-9] + b"123456789")
        store.put(keys[5], jpegs[5] + b"more")
        short = manifest.model_copy(update={"frames": [*manifest.frames[:7], *manifest.frames[8:]]})
        store.put(KeyLayout().manifest_key("door", manifest.event), short.file())
        status, said = nightjar("verify", manifest.event)
        assert status == 1
        assert f"door/{manifest.event}: number 8 of session {'1':0>16}: neither there nor explained" in said
        assert f"{keys[2]} is not there" in said
        assert f"{keys[4]} is not what was stored" in said
        assert f"{keys[5]} has {len(jpegs[5]) + 4} bytes instead of {len(jpegs[5])}" in said
        assert "1 object that no manifest lists" in said
        assert said.splitlines()[-1] == "WRONG: 4 problems"

    def test_a_quick_one_looks_at_sizes_and_reads_nothing(self, store: Store, nightjar: Called) -> None:
        manifest, jpegs = keep_pictures(store, DAY)
        store.put(manifest.frames[4].key, jpegs[4][:-9] + b"123456789")
        assert nightjar("verify", "--quick")[0] == 0
        store.put(manifest.frames[5].key, jpegs[5] + b"more")
        store.delete(manifest.frames[6].key)
        status, said = nightjar("verify", "--quick", "--json")
        assert status == 1
        assert len(json.loads(said)["problems"]) == 2

    def test_one_frame_in_two_events_is_a_problem(self, store: Store, nightjar: Called) -> None:
        keep_event(store, DAY)
        later = keep_event(store, DAY + HOUR)
        earlier = DAY.strftime("%Y%m%dT%H%M%SZ-00ab")
        status, said = nightjar("verify")
        assert status == 1
        assert f"door/{earlier}: numbers 1 to 10 of session {'1':0>16} belong to {later} as well" in said

    def test_an_event_without_manifest_is_open_at_first_and_wrong_later(
        self, store: Store, nightjar: Called
    ) -> None:
        keep_event(store, datetime.now(UTC), manifest=False)
        status, said = nightjar("verify")
        assert (status, "1 event still open" in said) == (0, True)
        keep_event(store, DAY - timedelta(days=900), manifest=False)
        status, said = nightjar("verify")
        assert (status, "has 10 objects and no manifest: it was never closed" in said) == (1, True)

    def test_a_manifest_that_is_none_is_a_problem(self, store: Store, nightjar: Called) -> None:
        event = keep_event(store, DAY)
        store.put(KeyLayout().manifest_key("door", event), b"{")
        status, said = nightjar("verify")
        assert (status, "event.json is damaged: it is no manifest" in said) == (1, True)


class TestExport:
    def test_to_a_folder_each_picture_is_a_file_with_its_time(self, store: Store, nightjar: Called) -> None:
        manifest, jpegs = keep_pictures(store, DAY)
        assert nightjar("export", manifest.event) == (0, f"door-{manifest.event}: 12 frames\n")
        files = sorted(Path(f"door-{manifest.event}").glob("*.jpg"))
        assert [file.read_bytes() for file in files] == jpegs
        assert [file.stat().st_mtime for file in files] == pytest.approx(
            [frame.time.timestamp() for frame in manifest.frames], abs=1e-5
        )
        assert Path(f"door-{manifest.event}/event.json").read_bytes() == manifest.file()

    def test_to_a_zip_and_to_standard_output(
        self, store: Store, capsysbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        manifest, jpegs = keep_pictures(store, DAY)
        assert _main(["archive", "export", manifest.event, "--to", "zip", "-o", "-"]) == 0
        with zipfile.ZipFile(io.BytesIO(capsysbinary.readouterr().out)) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            assert [archive.read(name) for name in names] == [*jpegs, manifest.file()]

    def test_overwrites_nothing(self, store: Store, nightjar: Called) -> None:
        manifest, _ = keep_pictures(store, DAY)
        Path("mine.zip").write_text("precious")
        with pytest.raises(UserError, match=r"mine\.zip is there already; name another place"):
            nightjar("export", manifest.event, "--to", "zip", "--output", "mine.zip")
        assert Path("mine.zip").read_text() == "precious"

    def test_where_it_cannot_be_written_nothing_is_left(self, store: Store, nightjar: Called) -> None:
        manifest, _ = keep_pictures(store, DAY)
        with pytest.raises(UserError, match=r"nowhere/a\.zip cannot be written: no such file"):
            nightjar("export", manifest.event, "--to", "zip", "--output", "nowhere/a.zip")
        assert list(Path().iterdir()) == []

    def test_what_is_damaged_is_left_out_and_said(
        self, store: Store, nightjar: Called, capsys: pytest.CaptureFixture[str]
    ) -> None:
        manifest, jpegs = keep_pictures(store, DAY)
        store.delete(manifest.frames[3].key)
        store.put(manifest.frames[5].key, jpegs[6])
        assert _main(["archive", "export", manifest.event]) == 1
        said = capsys.readouterr()
        assert said.out == f"door-{manifest.event}: 10 frames\n"
        assert said.err.count("left out: ") == 2


class TestRm:
    def test_removes_all_of_one_event(self, store: Store, nightjar: Called) -> None:
        event, other = keep_event(store, DAY), keep_event(store, DAY + HOUR)
        status, said = nightjar("rm", event, "--yes")
        assert (status, said[:44]) == (0, f"Removed door/{event} (11 objects"[:44])
        assert {each.key.split("/")[4] for each in store.list()} == {other}

    def test_asks_and_takes_anything_but_yes_for_a_no(
        self, store: Store, nightjar: Called, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = keep_event(store, DAY)
        monkeypatch.setattr("sys.stdin", Terminal("\n"))
        status, said = nightjar("rm", event)
        assert (status, "for good? [y/N] Nothing was removed." in said) == (1, True)
        assert len(list(store.list())) == 11
        monkeypatch.setattr("sys.stdin", Terminal("y\n"))
        assert nightjar("rm", event)[0] == 0
        assert list(store.list()) == []

    def test_without_anybody_to_ask_it_removes_nothing(
        self, store: Store, nightjar: Called, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = keep_event(store, DAY)
        monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
        with pytest.raises(UserError, match="there is nobody to ask: say --yes"):
            nightjar("rm", event)
        assert len(list(store.list())) == 11


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_an_archive_that_is_away_is_said_in_a_sentence(nightjar: Called, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the archive's folder .*/none is away"):
        nightjar("--url", f"{tmp_path.as_uri()}/none", "ls")


def test_an_archive_that_gives_nothing_back_is_said_in_a_sentence(nightjar: Called) -> None:
    with pytest.raises(UserError, match="takes frames and gives none back"):
        nightjar("--url", "https://example.org/frames", "ls")
