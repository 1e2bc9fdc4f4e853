"""What `nightjar replay` takes; apart from what it does, so that `nightjar --help` is there at once."""

import argparse
from pathlib import Path

KNOBS = ("sensitivity", "threshold", "min_area", "min_duration")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`command.main` gets the parsed result, with `config` as the whole program knows it."""
    parser.add_argument(
        "source",
        metavar="VIDEO|FOLDER|URL",
        help="a video, a folder of JPEGs, an archive or a part of it "
        "(s3://bucket/door/2026/11/20, file:///…), or `archive` for the configured one",
    )
    parser.add_argument(
        "--config",
        type=Path,
        dest="settings",
        metavar="FILE",
        help="motion as this nightjar.yaml has it; without it: the defaults. A file may also "
        "hold settings of motion alone, such as `sensitivity: 60`",
    )
    add = parser.add_argument
    add("--compare", type=Path, nargs=2, metavar="FILE", help="two such files: what would change")
    add("--camera", metavar="NAME", help="whose settings, and whose frames of an archive")
    add("--since", metavar="TIME", help="archive: events from then on (yesterday, 12h, 2026-11-20T22:00)")
    add("--until", metavar="TIME", help="archive: events before that")
    add("--fps", type=float, metavar="N", help="a folder's pictures a second, instead of their own times")
    add("--json", type=Path, metavar="FILE", help="write the events as JSON; - for standard output")
    add("--plot", type=Path, metavar="FILE", help="draw the score against time, as SVG")
    for knob in KNOBS:
        name = f"--{knob.replace('_', '-')}"
        parser.add_argument(name, metavar="N", help="instead of what the settings say, as in nightjar.yaml")
