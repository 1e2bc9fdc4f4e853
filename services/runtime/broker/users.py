"""Who may connect: a password check and an ACL by user name."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.runtime.broker.acl import EVERYONE, Rule, parse_acl
from services.runtime.broker.passwords import PasswordCheck, parse_passwords, verify_mosquitto_password


@dataclass(frozen=True, slots=True)
class User:
    """`check` says whether a password is right; it runs on the broker's loop, so it takes milliseconds.

    `version` is another one when the password is; it is looked at once a second, on the loop too.
    """

    check: PasswordCheck
    rules: tuple[Rule, ...] = ()
    version: Callable[[], object] | None = None


def read_users(passwords: str, acl: str) -> Mapping[str, User]:
    """The users of a mosquitto password file with the rules of a mosquitto ACL file (both as text).

    Raises `ValueError` naming the line that cannot be understood.
    """
    rules = parse_acl(acl)
    return {
        name: User(functools.partial(verify_mosquitto_password, hashed), rules.get(name, rules[EVERYONE]))
        for name, hashed in parse_passwords(passwords).items()
    }
