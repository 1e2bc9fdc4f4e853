"""The command line of `nightjar backup` and `nightjar restore`."""

import argparse


def add_backup_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", help="where to write it, for you alone to read; `-`: the output"
    )


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="what `nightjar backup` wrote; `-`: the input")
