"""Salted password hashes as `mosquitto_passwd` writes them, so that one secrets file serves both brokers."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable

PasswordCheck = Callable[[bytes], bool]

ITERATIONS = 101  # mosquitto's default: generated passwords of 128 bits need no slow hash
_MAX_ITERATIONS = 1_000_000  # a hash is checked on the broker's loop


def hash_mosquitto_password(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """`$7$<iterations>$<salt>$<hash>`: PBKDF2-HMAC-SHA512 of 64 bytes, in base64, as mosquitto 2 reads it."""
    digest = _pbkdf2(password.encode(), salt, iterations)
    return "$".join(
        ("", "7", str(iterations), base64.b64encode(salt).decode(), base64.b64encode(digest).decode())
    )


def verify_mosquitto_password(hash_line: str, password: str | bytes) -> bool:
    """Whether the password is the one of the hash: `$7$…`, or a whole line `user:$7$…`.

    Raises `ValueError` where the line is no such hash.
    """
    iterations, salt, digest = _parse(hash_line)
    given = password.encode() if isinstance(password, str) else password
    return hmac.compare_digest(_pbkdf2(given, salt, iterations), digest)


def parse_passwords(text: str) -> dict[str, str]:
    """User to hash, from a mosquitto password file; raises `ValueError` naming the line that is wrong."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, hashed = line.strip().partition(":")
        try:
            _parse(hashed)
        except ValueError as error:
            raise ValueError(f"line {number} of the password file: {error}") from None
        if not colon or not user:
            raise ValueError(f"line {number} of the password file names no user")
        found[user] = hashed
    return found


def remembering(check: PasswordCheck) -> PasswordCheck:
    """The same check, cheap for the last password that was right: it is recognised by a keyed digest."""
    key = secrets.token_bytes(32)
    last = b""

    def quick(password: bytes) -> bool:
        nonlocal last
        digest = hashlib.blake2b(password, key=key).digest()
        if last and hmac.compare_digest(digest, last):
            return True
        if not check(password):
            return False
        last = digest
        return True

    return quick


def _parse(hash_line: str) -> tuple[int, bytes, bytes]:
    parts = hash_line.strip().rpartition(":")[2].split("$")
    try:
        _, kind, count, salt, digest = parts
        iterations = int(count)
        decoded = base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("not a hash of the form $7$iterations$salt$hash") from None
    if (
        kind != "7"
        or not 1 <= iterations <= _MAX_ITERATIONS
        or len(decoded[1]) != hashlib.sha512().digest_size
    ):
        raise ValueError("not a PBKDF2-SHA512 hash ($7$) as mosquitto 2 writes it")
    return iterations, *decoded


def _pbkdf2(password: bytes, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password, salt, iterations)
