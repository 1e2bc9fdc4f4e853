"""`nightjar token …` and `nightjar user add`: who gets in, from the command line."""

import argparse
import getpass
import json
import os
import re
import sys
from pathlib import Path

import yaml
from argon2 import PasswordHasher

from services.contract.settings import USER_NAME
from services.gateway.access.audit import Audit
from services.gateway.access.caller import Scope
from services.gateway.access.entrance import folder_of, tokens_in
from services.gateway.access.tokens import NoToken, Token
from services.runtime import config
from services.runtime.errors import UserError

SHORTEST = 8
WIDTH = 24


def token(arguments: argparse.Namespace) -> int:
    """`nightjar token add | list | revoke`: what it does counts at once for a gateway that runs."""
    folder = _folder(arguments.config)
    tokens, audit = tokens_in(folder), Audit(folder / "audit.jsonl")
    if arguments.verb == "list":
        _list(list(tokens), as_json=arguments.json)
        return 0
    name = arguments.name
    if arguments.verb == "revoke":
        if not tokens.revoke(name):
            raise UserError(f"there is no token '{name}': 'nightjar token list' shows those that there are")
        audit.note(_me(), "this machine", f"revoked the token {name}")
        print(f"The token '{name}' opens nothing any more.", file=sys.stderr)
        return 0
    try:
        made = tokens.add(name, Scope(arguments.scope), arguments.days)
    except NoToken as reason:
        raise UserError(str(reason)) from None
    audit.note(_me(), "this machine", f"made the token {name}, {arguments.scope}")
    print(made)
    print(
        "It is in force now, and is not shown again. Send it as 'Authorization: Bearer …'.", file=sys.stderr
    )
    return 0


def user(arguments: argparse.Namespace) -> int:
    """`nightjar user add`: prints what to put into `nightjar.yaml`."""
    if not re.fullmatch(USER_NAME, arguments.name):
        raise UserError("a user's name has up to 63 characters, and no colon among them")
    hashed = PasswordHasher().hash(_password(asked=sys.stdin.isatty()))
    entry = {"gateway": {"users": {arguments.name: {"role": arguments.role, "password_hash": hashed}}}}
    print(yaml.safe_dump(entry, sort_keys=False, allow_unicode=True, width=1000), end="")
    print(f"Put this into {arguments.config}: a second later it is in force.", file=sys.stderr)
    return 0


def _folder(path: Path) -> Path:
    """The gateway's folder; a demo has no configuration."""
    return folder_of(config.load(path if path.exists() else None, os.environ).state_dir)


def _list(tokens: list[Token], *, as_json: bool) -> None:
    if as_json:
        known = [
            {
                "name": token.name,
                "scope": token.scope.value,
                "created": token.created.isoformat(),
                "ends": token.ends.isoformat() if token.ends else None,
            }
            for token in tokens
        ]
        print(json.dumps({"tokens": known}, indent=2))
        return
    if not tokens:
        print("There are no tokens yet: nightjar token add NAME --scope view|ingest|admin", file=sys.stderr)
    for each in tokens:
        ends = f"ends {each.ends:%Y-%m-%d}" if each.ends else "does not end"
        print(f"{each.name:<{WIDTH}} {each.scope.value:<8} made {each.created:%Y-%m-%d}, {ends}")


def _password(*, asked: bool) -> str:
    """From the keyboard, twice, or from standard input. Raises UserError where it is too short."""
    if asked:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise UserError("these are two different passwords: try again")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < SHORTEST:
        raise UserError(f"a password has at least {SHORTEST} characters")
    return password


def _me() -> str:
    return f"command line (user {os.getuid()})"
