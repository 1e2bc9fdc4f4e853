"""Accounts as tests need them."""

from argon2 import PasswordHasher

from services.contract.settings import GatewaySettings
from services.gateway.access.accounts import Accounts

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("right")


def accounts(password_hash: str = HASH, **viewers: str) -> Accounts:
    """`admin`, and viewers by name with their hashes."""
    users = {name: {"password_hash": each} for name, each in viewers.items()}
    return Accounts(GatewaySettings.model_validate({"password_hash": password_hash, "users": users}))
