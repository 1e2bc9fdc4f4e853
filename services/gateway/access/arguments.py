"""What `nightjar token` and `nightjar user` take: light, so that `nightjar --help` is quick."""

import argparse
from pathlib import Path

SCOPES = ("view", "ingest", "admin")
ROLES = ("viewer", "admin")


def add_token_arguments(tokens: argparse.ArgumentParser) -> None:
    """Of `nightjar token`."""
    verbs = tokens.add_subparsers(dest="verb", required=True, metavar="add | list | revoke")
    add = verbs.add_parser("add", help="make one; it is printed once, and in force at once")
    add.add_argument("name", metavar="NAME", help="what it is for, such as the device that gets it")
    add.add_argument(
        "--scope",
        required=True,
        choices=SCOPES,
        help="view: looks; ingest: sends pictures; admin: everything",
    )
    add.add_argument("--days", type=float, metavar="N", help="it ends after so many (default: never)")
    listing = verbs.add_parser("list", help="which there are")
    listing.add_argument("--json", action="store_true", help="for scripts")
    revoke = verbs.add_parser("revoke", help="one opens nothing any more, at once")
    revoke.add_argument("name", metavar="NAME")
    for verb in (add, listing, revoke):
        _config_option(verb)


def add_user_arguments(users: argparse.ArgumentParser) -> None:
    """Of `nightjar user`."""
    verbs = users.add_subparsers(dest="verb", required=True, metavar="add")
    new = verbs.add_parser("add", help="ask for a password, and print what to put into nightjar.yaml")
    new.add_argument("name", metavar="NAME")
    new.add_argument(
        "--role", choices=ROLES, default="viewer", help="viewer looks, admin changes (default: viewer)"
    )
    _config_option(new)


def _config_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="default: nightjar.yaml here"
    )
