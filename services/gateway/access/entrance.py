"""Puts together who gets in, and how: accounts, sessions, tokens, and the record of it."""

import time
from pathlib import Path

from services.contract.settings import GatewaySettings
from services.gateway.access.accounts import Accounts
from services.gateway.access.audit import Audit
from services.gateway.access.guard import Guard
from services.gateway.access.passwords import Passwords
from services.gateway.access.sessions import Sessions
from services.gateway.access.shared_file import SharedFile
from services.gateway.access.throttle import Throttle
from services.gateway.access.tokens import Tokens


class Entrance:
    """All of it, over one folder of small files."""

    def __init__(self, gateway: GatewaySettings, folder: Path) -> None:
        self.accounts = Accounts(gateway)
        self.audit = Audit(folder / "audit.jsonl")
        self.tokens = tokens_in(folder)
        self.passwords = Passwords(self.accounts, Throttle(time.monotonic), time.monotonic)
        key = gateway.session_key.get_secret_value()
        ended = SharedFile(folder / "logouts.json")
        self.sessions = Sessions(key, self.accounts, gateway.session_hours, ended, time.time)
        self.guard = Guard(
            self.sessions,
            self.accounts,
            self.passwords,
            tokens=self.tokens,
            audit=self.audit,
            public_url=gateway.public_url,
        )

    def take(self, gateway: GatewaySettings) -> None:
        """People, passwords and the key of sessions are these from now on."""
        self.accounts.take(gateway)
        self.sessions.take_key(gateway.session_key.get_secret_value())


def folder_of(state_dir: Path) -> Path:
    """Where the gateway keeps its files."""
    return state_dir / "gateway"


def tokens_in(folder: Path) -> Tokens:
    return Tokens(SharedFile(folder / "tokens.json"))
