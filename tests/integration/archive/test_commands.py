"""`nightjar archive` on a real S3 server: what it stores can be listed, verified, exported and removed."""

from pathlib import Path

import pytest

from services.__main__ import _main
from services.store import open_store
from tests.real import S3Server
from tests.unit.archive.pictures import keep_pictures
from tests.unit.archives import DAY

pytestmark = pytest.mark.real


def test_an_event_in_a_bucket_from_its_listing_to_its_end(
    s3_server: S3Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = s3_server.archive_url(s3_server.make_bucket(), "some/prefix")
    store = open_store(url, s3_server.access_key, s3_server.secret_key)
    manifest, jpegs = keep_pictures(store, DAY, count=40)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIGHTJAR_ARCHIVE__URL", url)
    monkeypatch.setenv("NIGHTJAR_ARCHIVE__ACCESS_KEY", s3_server.access_key)
    monkeypatch.setenv("NIGHTJAR_ARCHIVE__SECRET_KEY", s3_server.secret_key)

    def nightjar(*words: str) -> tuple[int, str]:
        status = _main(["archive", *words])
        return status, capsys.readouterr().out

    assert f"{manifest.event}  door" in nightjar("ls")[1]
    status, said = nightjar("verify")
    assert (status, "1 event, 40 frames (by SHA-256" in said) == (0, True)
    assert nightjar("export", manifest.event)[0] == 0
    files = sorted((tmp_path / f"door-{manifest.event}").glob("*.jpg"))
    assert [file.read_bytes() for file in files] == jpegs
    store.delete(manifest.frames[7].key)
    status, said = nightjar("verify", "--quick")
    assert (status, f"{manifest.frames[7].key} is not there" in said) == (1, True)
    assert nightjar("rm", manifest.event, "--yes")[0] == 0
    assert list(store.list()) == []
    store.close()
