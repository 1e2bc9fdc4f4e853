"""Last night through other settings: the archive replayed, in a folder and on a real S3 server."""

import argparse
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.replay.arguments import add_arguments
from services.replay.command import main
from services.runtime.errors import UserError
from services.store import open_store
from tests.real import Archive, S3Server
from tests.unit.replay import films

HOUR_S = 3600.0


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.real)])
def archive(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Two events of the door an hour apart, and one of the yard; it is the configured archive."""
    if request.param == "folder":
        place = Archive((tmp_path / "archive").as_uri())
    else:
        server: S3Server = request.getfixturevalue("s3_server")
        place = Archive(server.archive_url(server.make_bucket()), server.access_key, server.secret_key)
        monkeypatch.setenv("NIGHTJAR_ARCHIVE__ACCESS_KEY", server.access_key)
        monkeypatch.setenv("NIGHTJAR_ARCHIVE__SECRET_KEY", server.secret_key)
    monkeypatch.setenv("NIGHTJAR_ARCHIVE__URL", place.url)
    store = open_store(place.url, place.access_key, place.secret_key)
    store.prepare()
    for camera, late_s in (("door", 0.0), ("door", HOUR_S), ("yard", 0.0)):
        for key, jpeg in films.stamped(camera, late_s):
            store.put(key, jpeg)
        store.put(f"{key.rpartition('/')[0]}/event.json", b"{}", "application/json")
    store.close()
    return place


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    parser.set_defaults(config=Path("nowhere.yaml"))
    add_arguments(parser)
    assert main(parser.parse_args([*arguments, "--json", "-"])) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_configured_archive_is_replayed_camera_by_camera(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(capsys, "archive", "--camera", "door")
    assert (found["frames"], found["fps"], found["undecodable"]) == (400, 10, 0)
    first, second = found["events"]
    assert first["started"].startswith("2026-11-20T22:30:08")
    assert second["started"].startswith("2026-11-20T23:30:08")
    assert second["start_s"] - first["start_s"] == pytest.approx(HOUR_S, abs=0.3)


def test_a_part_of_it_is_named_as_its_url(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    place, _, options = archive.url.partition("?")
    url = f"{place}/door/2026/11/20/20261120T223000Z-3f9c{'?' if options else ''}{options}"
    assert len(run(capsys, url)["events"]) == 1


def test_a_bucket_of_the_configured_server_needs_no_options(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, f"{archive.url.partition('?')[0]}/yard")["frames"] == 200


def test_what_began_within_a_time_is_chosen(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    between = (films.START + timedelta(minutes=30)).isoformat()
    later = run(capsys, "archive", "--camera", "door", "--since", between)
    assert [event["started"][:13] for event in later["events"]] == ["2026-11-20T23"]
    earlier = run(capsys, "archive", "--camera", "door", "--until", between)
    assert [event["started"][:13] for event in earlier["events"]] == ["2026-11-20T22"]


def test_several_cameras_are_not_mixed(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match="several cameras, such as door and yard"):
        run(capsys, "archive")


def test_nothing_to_replay_is_one_sentence(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match="there are no such frames in "):
        run(capsys, "archive", "--since", "2027-01-01")


def test_a_server_that_is_away_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTJAR_ARCHIVE__ACCESS_KEY", "key")
    monkeypatch.setenv("NIGHTJAR_ARCHIVE__SECRET_KEY", "secret")
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9"):
        run(capsys, "s3://nightjar?endpoint=http://127.0.0.1:9")
