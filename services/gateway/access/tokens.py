"""API tokens: shown once, kept as hashes, in force and revoked at once in every process."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from services.gateway.access.caller import Caller, Scope
from services.gateway.access.shared_file import SharedFile

PREFIX = "nj_"
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
MAX_TOKENS = 500
MAX_DAYS = 36500
DAY_S = 86400.0


class NoToken(ValueError):
    """It cannot be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of one: not the token itself."""

    name: str
    scope: Scope
    created: datetime
    ends: datetime | None = None


class Tokens:
    """The tokens in a file. 192 random bits need no slow hash: SHA-256 of them cannot be searched through."""

    def __init__(self, file: SharedFile, now: Callable[[], float] = time.time) -> None:
        self._file = file
        self._now = now
        self._indexed: dict[str, Any] | None = None
        self._by_digest: dict[str, Token] = {}

    def __iter__(self) -> Any:
        """By name."""
        return iter(sorted(self._index().values(), key=lambda token: token.name))

    def add(self, name: str, scope: Scope, days: float | None = None) -> str:
        """The token itself, which cannot be had again. Raises `NoToken`."""
        if not re.fullmatch(NAME, name):
            raise NoToken("a token's name has up to 63 of letters, digits, dots, - and _")
        if days is not None and not 0 < days <= MAX_DAYS:
            raise NoToken(f"a token ends after up to {MAX_DAYS} days")
        token = PREFIX + secrets.token_urlsafe(24)
        now = self._now()
        with self._file.changing() as known:
            if name in known:
                raise NoToken(f"there is a token '{name}' already: revoke it first, or take another name")
            if len(known) >= MAX_TOKENS:
                raise NoToken(f"there are {MAX_TOKENS} tokens already: revoke one first")
            known[name] = {
                "scope": scope.value,
                "sha256": _digest(token),
                "created": now,
                "ends": now + days * DAY_S if days else None,
            }
        return token

    def revoke(self, name: str) -> bool:
        """Whether there was one."""
        with self._file.changing() as known:
            return known.pop(name, None) is not None

    def caller(self, token: str) -> Caller | None:
        """Who has this token; None where nobody has, or it has ended."""
        known = self._index().get(_digest(token))
        if known is None:
            return None
        ends = known.ends.timestamp() if known.ends else float("inf")
        return Caller(f"token {known.name}", known.scope, ends) if self._now() < ends else None

    def _index(self) -> dict[str, Token]:
        data = self._file.read()
        if data is not self._indexed:
            self._by_digest = {entry["sha256"]: _token(name, entry) for name, entry in data.items()}
            self._indexed = data
        return self._by_digest


def _token(name: str, entry: dict[str, Any]) -> Token:
    def moment(seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, UTC)

    ends = entry.get("ends")
    return Token(name, Scope(entry["scope"]), moment(entry["created"]), moment(ends) if ends else None)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
