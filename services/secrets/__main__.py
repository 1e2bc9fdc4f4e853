"""`python -m services.secrets make | show | renew | backup | restore`: the container `secrets` of compose."""

import argparse
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from services.contract.settings import LogSettings
from services.runtime import logs
from services.runtime.run import ends, handle_signals
from services.secrets.backup import backup, restore
from services.secrets.composed import Composed, logins, make, renew_and_hand_out
from services.secrets.keyring import RENEWABLE

ROOT = Path("/secrets")
RUN = Path("/tmp")  # noqa: S108  (the container's own tmpfs)


def main(argv: Sequence[str]) -> int:
    """Returns the exit status; raises UserError."""
    arguments = parser().parse_args(argv)
    system = Composed.of(os.environ)
    if arguments.command == "show":
        shown = logins(system, ROOT)
        print(shown.as_json() if arguments.json else shown.as_text())
        return 0
    if arguments.command in ("backup", "restore"):
        (backup if arguments.command == "backup" else restore)(ROOT)
        return 0
    logs.set_up(LogSettings(format="human"))  # it is short, and for people
    stop = threading.Event()
    handle_signals(stop)
    if arguments.command == "renew":
        renew_and_hand_out(system, ROOT, arguments.names, stop)
    else:
        make(system, ROOT, RUN, stop)
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="secrets", description="Makes and shows the secrets of Nightjar.")
    commands = made.add_subparsers(dest="command", required=True)
    commands.add_parser("make", help="make what is missing, hand it out, and prepare the bucket")
    show = commands.add_parser("show", help="where everything is and how to get in")
    show.add_argument("--json", action="store_true", help="for scripts")
    renew = commands.add_parser(
        "renew", help="make these anew, and hand them out; see docs/guide/operations.md"
    )
    renew.add_argument("names", nargs="+", metavar="NAME", choices=RENEWABLE, help=", ".join(RENEWABLE))
    commands.add_parser("backup", help="write configuration, settings and secrets to the output")
    commands.add_parser("restore", help="bring back what `backup` wrote from the input, while nothing runs")
    return made


if __name__ == "__main__":
    sys.exit(ends(lambda: main(sys.argv[1:])))
