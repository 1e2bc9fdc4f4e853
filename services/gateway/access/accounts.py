"""Everybody who may log in: the admin of the first start, and whom the configuration names."""

import hmac
import logging
from collections.abc import Iterator, Mapping

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError

from services.contract.settings import GatewaySettings, UserSettings
from services.gateway.access.caller import ROLES, Scope
from services.runtime.errors import UserError

log = logging.getLogger(__name__)


class Accounts:
    """Password hashes and roles by user name. The admin's name stays; all else may change while it runs."""

    def __init__(self, gateway: GatewaySettings) -> None:
        self._admin, self._admin_hash = gateway.user, gateway.password_hash.get_secret_value()
        self._take_users(gateway.users)

    def take(self, gateway: GatewaySettings) -> None:
        """Who may log in from now on. A password that would shut the admin out is not taken, and logged."""
        password_hash = gateway.password_hash.get_secret_value()
        try:
            _check("gateway.password_hash", password_hash)
        except UserError as wrong:
            log.error("%s; the admin's password stays as it was", wrong)
        else:
            self._admin_hash = password_hash
        self._take_users(gateway.users)

    def _take_users(self, users: Mapping[str, UserSettings]) -> None:
        others = {name: user for name, user in users.items() if name != self._admin}
        self._hashes = {self._admin: self._admin_hash}
        self._hashes |= {name: user.password_hash.get_secret_value() for name, user in others.items()}
        self._scopes = {self._admin: Scope.ADMIN}
        self._scopes |= {name: ROLES[user.role] for name, user in others.items()}

    def check(self) -> None:
        """Raises UserError where the admin could never log in; others are looked at with the settings."""
        _check("gateway.password_hash", self._admin_hash)

    def __contains__(self, user: str) -> bool:
        return user in self._hashes

    def __iter__(self) -> Iterator[tuple[str, Scope]]:
        return iter(self._scopes.items())

    def hash_of(self, user: str) -> str:
        """The user's password hash; for a name that nobody has another's, so that it costs as much time."""
        return self._hashes.get(user, self._admin_hash)

    def scope_of(self, user: str) -> Scope | None:
        return self._scopes.get(user)

    def still_has(self, login: tuple[str, str]) -> bool:
        """Whether there is this user, with this password hash."""
        user, password_hash = login
        return self._hashes.get(user) == password_hash

    def seal(self, user: str, key: str) -> str:
        """Changes with the user's password; empty where there is no such user."""
        known = self._hashes.get(user)
        return hmac.digest(key.encode(), known.encode(), "sha256").hex()[:16] if known else ""


def _check(place: str, password_hash: str) -> None:
    if not password_hash:
        raise UserError(
            f"{place} is empty, so nobody could log in: compose's secrets service and 'nightjar' make the "
            "admin's by themselves; elsewhere write there what 'nightjar user add' prints"
        )
    try:
        extract_parameters(password_hash)
    except InvalidHashError:
        raise UserError(
            f"{place} is no Argon2 hash, which begins with $argon2id$: "
            "write it in single quotes, and $$ for each $ in a compose file"
        ) from None
