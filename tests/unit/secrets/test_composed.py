"""The two phases of the secrets container, and how it ends."""

import threading
from pathlib import Path

import pytest

from services.contract.archive_url import S3Place
from services.runtime.errors import UserError
from services.secrets import bucket, composed
from services.secrets.bucket import NotYet, policy, prepare_patiently
from services.secrets.composed import Composed, make, renew_and_hand_out
from services.secrets.keyring import Key

OURS = {"NIGHTJAR_ARCHIVE__URL": "s3://nightjar?endpoint=http://s3:9000"}
KEY = Key("root", "secret")


def place() -> S3Place:
    found = Composed.of(OURS).place()
    assert found
    return found


class Server:
    """Stands for the S3 server: not ready so many times, then it takes what it is asked."""

    def __init__(self, not_ready: int = 0) -> None:
        self.not_ready = not_ready
        self.users: list[str] = []

    def prepare(self, _place: object, _root: Key, users: dict[str, Key]) -> None:
        if self.not_ready:
            self.not_ready -= 1
            raise NotYet("connection refused")
        self.users = sorted(key.access for key in users.values())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    stand_in = Server()
    monkeypatch.setattr(bucket, "prepare", stand_in.prepare)
    monkeypatch.setattr(bucket, "ASK_AGAIN_S", 0.001)
    return stand_in


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    run = tmp_path / "run"
    run.mkdir()
    return tmp_path / "secrets", run


def test_both_phases_then_it_ends_once_it_was_seen(server: Server, folders: tuple[Path, Path]) -> None:
    root, run = folders
    (run / "probed").write_text("\n" * 3)
    make(Composed.of(OURS), root, run, threading.Event())
    assert (run / "written").exists()
    assert (root / "mqtt" / "passwords").exists()
    assert server.users == ["nightjar", "nightjar-archiver", "nightjar-gateway"]


def test_it_waits_for_an_s3_server_that_is_not_ready(server: Server, folders: tuple[Path, Path]) -> None:
    server.not_ready = 3
    (folders[1] / "probed").write_text("\n" * 3)
    make(Composed.of(OURS), *folders, threading.Event())
    assert server.users


def test_a_server_that_never_comes_is_said(server: Server) -> None:
    server.not_ready = 100
    with pytest.raises(
        UserError, match="S3 server at http://s3:9000 is not ready after 0 s: connection refused"
    ):
        prepare_patiently(place(), KEY, {}, threading.Event(), patience_s=0.01)


def test_nobody_elses_s3_is_touched(server: Server, folders: tuple[Path, Path]) -> None:
    (folders[1] / "probed").write_text("\n" * 3)
    make(Composed.of({}), *folders, threading.Event())
    assert server.users == []


def test_it_does_not_end_before_its_health_was_seen(
    server: Server, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, run = folders
    ended = threading.Event()

    def live() -> None:
        make(Composed.of(OURS), root, run, threading.Event())
        ended.set()

    monkeypatch.setattr(composed, "SEEN_PATIENCE_S", 30)
    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    assert not ended.wait(0.4)
    (run / "probed").write_text("\n" * 3)
    assert ended.wait(5)


def test_stop_ends_the_wait(server: Server, folders: tuple[Path, Path]) -> None:
    stop = threading.Event()
    stop.set()
    make(Composed.of(OURS), *folders, stop)


def test_a_folder_is_no_bucket(folders: tuple[Path, Path]) -> None:
    with pytest.raises(UserError, match=r"archive\.url must name a bucket here"):
        make(Composed.of({"NIGHTJAR_ARCHIVE__URL": "file:///srv"}), *folders, threading.Event())


@pytest.mark.parametrize("user", sorted(bucket.RIGHTS))
def test_every_policy_is_limited_to_the_bucket(user: str) -> None:
    for statement in policy(user, "kept")["Statement"]:
        assert statement["Resource"] in (["arn:aws:s3:::kept"], ["arn:aws:s3:::kept/*"])
        assert not any("*" in action for action in statement["Action"])


def test_the_gateway_only_reads() -> None:
    actions = {
        action for statement in policy("gateway", "kept")["Statement"] for action in statement["Action"]
    }
    assert not {action for action in actions if "Put" in action or "Delete" in action or "Create" in action}


def test_a_key_that_is_renewed_is_handed_out_and_made_known_to_s3(
    server: Server, folders: tuple[Path, Path]
) -> None:
    root, run = folders
    (run / "probed").write_text("\n" * 3)
    make(Composed.of(OURS), root, run, threading.Event())
    file = root / "archiver" / "s3_secret_key"
    before, server.users = file.read_text(), []
    renew_and_hand_out(Composed.of(OURS), root, ["s3-archiver"], threading.Event())
    assert file.read_text() != before
    assert "nightjar-archiver" in server.users


def test_keys_of_an_s3_that_is_not_ours_are_not_renewed(folders: tuple[Path, Path]) -> None:
    root, run = folders
    (run / "probed").write_text("\n" * 3)
    make(Composed.of({}), root, run, threading.Event())
    with pytest.raises(UserError, match="s3-archiver: S3 is not ours here"):
        renew_and_hand_out(Composed.of({}), root, ["mqtt-motion", "s3-archiver"], threading.Event())
