"""What `nightjar archive` takes; apart from what it does, so that `nightjar --help` is there at once."""

import argparse
from pathlib import Path

FORMATS = ("folder", "zip", "mp4", "avi")
_TIMES = "a day (2026-11-20, today, yesterday), a moment (2026-11-20T08:30), or how long ago (90m, 12h, 7d)"


def add_arguments(archive: argparse.ArgumentParser) -> None:
    """The verbs and their options; `command.main` gets the parsed result."""
    archive.add_argument(
        "--url", metavar="URL", help="another archive than the configured one, as archive.url would name it"
    )
    archive.add_argument(
        "--prefix",
        metavar="PREFIX",
        help="the slices of an experiment (experiments/leaves) instead of the events",
    )
    verbs = archive.add_subparsers(title="verbs", metavar="", dest="verb", required=True)

    ls = verbs.add_parser("ls", help="list events, the newest first")
    _add_range(ls)
    ls.add_argument("--limit", type=_count, default=50, metavar="N", help="0: all of them (default: 50)")
    ls.add_argument("--json", action="store_true", help="for scripts")

    show = verbs.add_parser("show", help="what is known of an event")
    _add_event(show)
    show.add_argument("--frames", action="store_true", help="each of its frames too")
    show.add_argument("--json", action="store_true", help="its manifest, as it is stored")

    verify = verbs.add_parser(
        "verify",
        help="read every frame and compare it with its manifest",
        description="Reads every frame that a manifest lists, compares its size, its SHA-256 and its number, "
        "and looks for numbers that nobody explains. Status 0: all is right; 1: something is not.",
    )
    verify.add_argument("events", nargs="*", metavar="EVENT", help="these alone: an id, or camera/id")
    _add_range(verify)
    verify.add_argument("--quick", action="store_true", help="sizes alone, from the listing; reads no frame")
    verify.add_argument("--json", action="store_true", help="for scripts")

    export = verbs.add_parser("export", help="an event as a folder, a zip, or a clip")
    _add_event(export)
    export.add_argument("--to", choices=FORMATS, default="folder", help="default: folder")
    export.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="PATH",
        help="default: <camera>-<event> here, with its suffix; - for standard output (zip and mp4)",
    )
    export.add_argument(
        "--h264",
        action="store_true",
        help="mp4: encode anew, for players without Motion JPEG; without it the JPEGs are untouched",
    )

    rm = verbs.add_parser("rm", help="remove an event for good; asks first")
    _add_event(rm)
    rm.add_argument("--yes", action="store_true", help="do not ask")


def _add_event(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("event", metavar="EVENT", help="its id, or camera/id")


def _add_range(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--camera", action="append", metavar="NAME", help="this one alone; may be repeated")
    verb.add_argument("--since", metavar="TIME", help=_TIMES)
    verb.add_argument("--until", metavar="TIME", help="the same; a day counts with all of its hours")


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value
