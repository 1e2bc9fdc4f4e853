"""All secrets of one installation, by what they are for; each is made when it is first asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from services.contract.settings import Settings
from services.runtime.access import USERS
from services.runtime.errors import UserError
from services.secrets import generate
from services.secrets.vault import Vault

_FIRST = "admin_password"

#: What can be renewed, by the name that people use, and the files of the vault that it is in.
RENEWABLE = {
    **{f"mqtt-{user}": (f"mqtt_{user}",) for user in USERS},
    **{f"s3-{user}": (f"s3_{user}",) for user in ("root", "archiver", "gateway", "nightjar")},
    "admin-password": (_FIRST, "admin_password_hash"),
    "session-key": ("session_key",),
}
#: In one process there is no S3 server of ours.
RENEWABLE_HERE = tuple(name for name in RENEWABLE if not name.startswith("s3-"))


@dataclass(frozen=True, slots=True)
class Key:
    """An S3 access key and its secret."""

    access: str
    secret: str


class Secrets:
    """The keyring over a vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def mqtt_password(self, user: str) -> str:
        return self._vault.get(f"mqtt_{user}", generate.token)

    @property
    def admin_password(self) -> str:
        return self._vault.get(_FIRST, generate.password)

    @property
    def admin_hash(self) -> str:
        """Argon2 hash of the admin's password; making it takes a tenth of a second, once."""
        return self._vault.get("admin_password_hash", lambda: generate.argon2_hash(self.admin_password))

    @property
    def session_key(self) -> str:
        return self._vault.get("session_key", generate.token)

    @property
    def erlang_cookie(self) -> str:
        """By which RabbitMQ's nodes know one another."""
        return self._vault.get("erlang_cookie", generate.token)

    def s3_key(self, user: str) -> Key:
        access = "nightjar" if user == "nightjar" else f"nightjar-{user}"
        return Key(access, self._vault.get(f"s3_{user}", generate.token))

    def renew(self, name: str) -> None:
        """Forgets one of `RENEWABLE`, so that another one is made; what is derived from it goes along."""
        for file in RENEWABLE[name]:
            self._vault.forget(file)
        _ = self.admin_hash, self.session_key  # who runs looks at these files

    def login_files(self) -> list[Path]:
        """What stands behind the dashboard's login: its files change when that is renewed."""
        return [self._vault.folder / name for name in ("admin_password_hash", "session_key")]

    def must_exist(self, how: str) -> None:
        """Raises UserError, which ends in `how` to make them, where nothing was ever made."""
        if self._vault.read(_FIRST) is None:
            raise UserError(f"there are no secrets yet: {how}")


def check_renewable(names: Iterable[str], settings: Settings) -> None:
    """Raises UserError for what is no secret of ours in one process, or was chosen by the user himself."""
    for name in names:
        if name not in RENEWABLE_HERE:
            raise UserError(f"{name} cannot be renewed here; there are {', '.join(RENEWABLE_HERE)}")
        if name.startswith("mqtt-") and settings.mqtt.url:
            raise UserError(f"{name} is of no use: mqtt.url names a broker of yours; renew it there")
        own = {"admin-password": settings.gateway.password_hash, "session-key": settings.gateway.session_key}
        if name in own and own[name].get_secret_value():
            raise UserError(f"{name} is of no use: yours is in the configuration; write another one there")


def local_secrets(state_dir: Path) -> Secrets:
    """The secrets of the all-in-one, beside its state."""
    return Secrets(Vault(state_dir / "secrets"))
