import threading
from pathlib import Path

import pytest

from services.gateway.access.caller import Scope
from services.gateway.access.shared_file import SharedFile
from services.gateway.access.tokens import DAY_S, MAX_TOKENS, NoToken, Tokens


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(tmp_path: Path, clock: Clock) -> Tokens:
    return Tokens(SharedFile(tmp_path / "gateway" / "tokens.json"), clock)


def another(tmp_path: Path, clock: Clock) -> Tokens:
    """The same, as another process has it."""
    return Tokens(SharedFile(tmp_path / "gateway" / "tokens.json"), clock)


def test_a_token_opens_what_its_scope_says(tokens: Tokens) -> None:
    caller = tokens.caller(tokens.add("porch", Scope.INGEST))
    assert caller is not None
    assert (caller.name, caller.scope) == ("token porch", Scope.INGEST)
    assert tokens.caller("nj_guessed") is None


def test_what_one_process_makes_or_revokes_counts_in_another_at_once(
    tokens: Tokens, tmp_path: Path, clock: Clock
) -> None:
    other = another(tmp_path, clock)
    assert list(other) == []
    token = tokens.add("porch", Scope.VIEW)
    assert other.caller(token) is not None
    assert tokens.revoke("porch")
    assert other.caller(token) is None
    assert not tokens.revoke("porch")


def test_two_processes_that_add_at_once_lose_none(tmp_path: Path, clock: Clock) -> None:
    def add(first: int) -> None:
        ours = another(tmp_path, clock)
        for n in range(first, first + 10):
            ours.add(f"t{n}", Scope.VIEW)

    threads = [threading.Thread(target=add, args=(10 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(another(tmp_path, clock))) == 40


def test_nothing_that_opens_anything_is_on_disk(tokens: Tokens, tmp_path: Path) -> None:
    token = tokens.add("porch", Scope.ADMIN)
    file = tmp_path / "gateway" / "tokens.json"
    assert token not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_a_token_ends_with_its_days(tokens: Tokens, clock: Clock) -> None:
    token = tokens.add("guest", Scope.VIEW, days=2)
    clock.now += 2 * DAY_S - 1
    assert tokens.caller(token) is not None
    clock.now += 1
    assert tokens.caller(token) is None


@pytest.mark.parametrize("name", ["", "a b", "-x", "a/b", "x" * 64, "ä"])
def test_a_name_that_is_none_is_refused(tokens: Tokens, name: str) -> None:
    with pytest.raises(NoToken, match="name has up to 63"):
        tokens.add(name, Scope.VIEW)


def test_a_name_is_there_once(tokens: Tokens) -> None:
    tokens.add("porch", Scope.VIEW)
    with pytest.raises(NoToken, match="there is a token 'porch' already"):
        tokens.add("porch", Scope.VIEW)


def test_there_are_not_endlessly_many(
    tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.access.tokens.MAX_TOKENS", 3)
    for n in range(3):
        tokens.add(f"t{n}", Scope.VIEW)
    with pytest.raises(NoToken, match="3 tokens already"):
        tokens.add("more", Scope.VIEW)
    assert MAX_TOKENS > 100
