"""How new secrets look: long and random for programs, in short groups for people."""

import secrets

from argon2 import PasswordHasher

_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no l, i, o, 0, 1: they are mistaken for one another


def token() -> str:
    """192 random bits for programs, safe in a URL and in a shell."""
    return secrets.token_urlsafe(24)


def password() -> str:
    """99 random bits that a person can type: `k3m9x-…`, four groups of five."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(5)) for _ in range(4))


def argon2_hash(text: str) -> str:
    """An Argon2id hash with the library's default costs (RFC 9106's second choice: 64 MiB)."""
    return PasswordHasher().hash(text)
