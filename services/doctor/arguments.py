"""The command line of `nightjar doctor`."""

import argparse

LISTEN_S = 4.0  # services count every two seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for scripts")
    parser.add_argument(
        "--listen",
        type=float,
        default=LISTEN_S,
        metavar="SECONDS",
        help="how long to listen to the services (default: %(default)g)",
    )
    parser.add_argument("--no-rights", action="store_true", help="do not try what users may write")
