"""Everybody who may log in: the admin of the first start, and whom the configuration names."""

import hmac
from collections.abc import Iterator

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError

from services.contract.settings import GatewaySettings
from services.gateway.access.caller import ROLES, Scope
from services.runtime.errors import UserError


class Accounts:
    """Password hashes and roles by user name."""

    def __init__(self, gateway: GatewaySettings) -> None:
        self._hashes = {gateway.user: gateway.password_hash.get_secret_value()}
        self._scopes = {gateway.user: Scope.ADMIN}
        for name, user in gateway.users.items():
            self._hashes[name] = user.password_hash.get_secret_value()
            self._scopes[name] = ROLES[user.role]
        self._some_hash = self._hashes[gateway.user]

    def check(self) -> None:
        """Raises UserError where somebody could never log in."""
        admin, *others = self._hashes
        _check("gateway.password_hash", self._hashes[admin])
        for name in others:
            _check(f"gateway.users.{name}.password_hash", self._hashes[name])

    def __contains__(self, user: str) -> bool:
        return user in self._hashes

    def __iter__(self) -> Iterator[tuple[str, Scope]]:
        return iter(self._scopes.items())

    def hash_of(self, user: str) -> str:
        """The user's password hash; for a name that nobody has another's, so that it costs as much time."""
        return self._hashes.get(user, self._some_hash)

    def scope_of(self, user: str) -> Scope | None:
        return self._scopes.get(user)

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
