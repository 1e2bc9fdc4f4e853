from pathlib import Path

import pytest

from services.gateway.access.sessions import Sessions, is_token_of
from services.gateway.access.shared_file import SharedFile
from tests.unit.gateway.accounts import accounts


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ended(tmp_path: Path) -> SharedFile:
    return SharedFile(tmp_path / "gateway" / "logouts.json")


NOWHERE = SharedFile(Path("/dev/null/logouts.json"))


def sessions(
    clock: Clock, key: str = "key", password_hash: str = "hash", ended: SharedFile = NOWHERE
) -> Sessions:
    return Sessions(key, accounts(password_hash), hours=2, ended=ended, now=clock)


def test_a_cookie_brings_its_session_back_over_a_restart() -> None:
    clock = Clock()
    before = sessions(clock)
    session = before.begin("admin")
    assert sessions(clock).read(before.write(session)) == session


def test_a_session_ends_with_its_hours() -> None:
    clock = Clock()
    ours = sessions(clock)
    cookie = ours.write(ours.begin("admin"))
    clock.now += 2 * 3600 - 1
    assert ours.read(cookie) is not None
    clock.now += 1
    assert ours.read(cookie) is None


def test_a_cookie_that_was_changed_or_signed_by_somebody_else_is_worth_nothing() -> None:
    clock = Clock()
    ours = sessions(clock)
    cookie = ours.write(ours.begin("admin"))
    forged = sessions(clock, key="guessed").write(ours.begin("admin"))
    assert [ours.read(value) for value in ("", "x", cookie[:-1], f"x{cookie}", forged)] == [None] * 5


def test_a_new_password_ends_all_sessions() -> None:
    clock = Clock()
    ours = sessions(clock)
    cookie = ours.write(ours.begin("admin"))
    assert sessions(clock, password_hash="another").read(cookie) is None


def test_without_a_key_each_start_has_its_own() -> None:
    clock = Clock()
    ours = sessions(clock, key="")
    cookie = ours.write(ours.begin("admin"))
    assert ours.read(cookie) is not None
    assert sessions(clock, key="").read(cookie) is None


def test_a_user_who_is_no_longer_there_has_no_session() -> None:
    clock = Clock()
    ours = sessions(clock)
    assert ours.read(ours.write(ours.begin("anna"))) is None


def test_a_logout_counts_in_every_process_and_after_a_restart(ended: SharedFile) -> None:
    clock = Clock()
    ours, other = sessions(clock, ended=ended), sessions(clock, ended=ended)
    session = ours.begin("admin")
    assert other.read(ours.write(session)) is not None
    ours.end(session)
    assert other.read(ours.write(session)) is None
    assert session.csrf not in str(ended.read())


def test_a_copied_cookie_ends_with_the_logout_also_where_nothing_can_be_written() -> None:
    clock = Clock()
    ours = sessions(clock)
    session = ours.begin("admin")
    other = ours.write(ours.begin("admin"))
    ours.end(session)
    assert ours.read(ours.write(session)) is None
    assert ours.read(other) is not None


def test_logouts_are_remembered_no_longer_than_their_sessions_would_have_lasted(ended: SharedFile) -> None:
    clock = Clock()
    ours = sessions(clock, ended=ended)
    for _ in range(10):
        ours.end(ours.begin("admin"))
        clock.now += 3600
    assert len(ended.read()) <= 2
    assert len(ours._ended_here) <= 2


def test_each_session_has_a_token_of_its_own() -> None:
    ours = sessions(Clock())
    one, other = ours.begin("admin"), ours.begin("admin")
    assert is_token_of(one, one.csrf)
    assert not is_token_of(one, other.csrf)
    assert not is_token_of(one, "ünknown")


def test_another_key_ends_every_session_and_no_key_changes_nothing() -> None:
    ours = sessions(Clock())
    cookie = ours.write(ours.begin("admin"))
    ours.take_key("")
    assert ours.read(cookie) is not None
    ours.take_key("another")
    assert ours.read(cookie) is None
    assert ours.read(ours.write(ours.begin("admin"))) is not None
