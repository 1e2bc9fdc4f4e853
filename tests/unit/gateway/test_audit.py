import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.gateway.access import audit as module
from services.gateway.access.audit import Audit


def test_the_latest_comes_first_and_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "gateway" / "audit.jsonl"
    Audit(path, lambda: datetime(2026, 11, 20, tzinfo=UTC)).note("anna", "10.0.0.1", "logged in")
    Audit(path).note("admin", "10.0.0.2", "logged out")
    latest = Audit(path).latest()
    assert [(entry.who, entry.what) for entry in latest] == [("admin", "logged out"), ("anna", "logged in")]
    assert latest[1].time == "2026-11-20T00:00:00.000000Z"
    assert path.stat().st_mode & 0o077 == 0


def test_its_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    audit = Audit(tmp_path / "audit.jsonl")
    for n in range(200):
        audit.note("anna", "10.0.0.1", f"did {n}")
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 3000
    assert audit.latest(1)[0].what == "did 199"


def test_a_name_makes_no_lines_of_its_own_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Audit(tmp_path / "audit.jsonl").failed("x\nadmin from 1.2.3.4: logged in", "10.0.0.1")
    assert caplog.messages == ["x?admin from 1.2.3.4: logged in from 10.0.0.1: failed to log in"]
    assert caplog.records[0].levelno == logging.WARNING


def test_where_nothing_can_be_written_the_log_has_it(caplog: pytest.LogCaptureFixture) -> None:
    audit = Audit(Path("/dev/null/audit.jsonl"))
    with caplog.at_level(logging.INFO):
        audit.note("anna", "10.0.0.1", "logged in")
        audit.note("anna", "10.0.0.1", "logged out")
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING", "INFO"]
