"""`nightjar archive`: opens the archive and does what was asked."""

import argparse
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

from services.archive.export import STANDARD_OUTPUT, export
from services.archive.listing import Listed, list_lines, show_lines
from services.archive.moments import first_id, since, until
from services.archive.pictures import Pictures
from services.archive.progress import Progress
from services.archive.shelf import Shelf
from services.archive.verify import Verification
from services.archive.words import count, size
from services.contract.archive import Manifest
from services.contract.archive_keys import KeyLayout
from services.contract.experiments import layout_of
from services.runtime import config
from services.runtime.errors import UserError
from services.store import StoreError, open_store
from services.store.events import FIRST, LAST, EventRef


def main(arguments: argparse.Namespace) -> int:
    """The exit status: 0, or 1 where the archive is not as it should be. Raises UserError."""
    with _opened(arguments) as (shelf, threads):
        try:
            return _VERBS[arguments.verb](arguments, shelf, threads)
        except StoreError as error:
            raise UserError(str(error)) from None


@contextmanager
def _opened(arguments: argparse.Namespace) -> Iterator[tuple[Shelf, int]]:
    path = arguments.config if arguments.config.exists() or not _may_lack(arguments) else None
    settings = config.load(path, os.environ)
    archive = settings.archive
    if urlsplit(arguments.url or archive.url).scheme in ("http", "https"):
        raise UserError(
            "an https:// archive takes frames and gives none back, so there is nothing to list; "
            "ask whoever runs it, or name another archive with --url"
        )
    try:
        layout = layout_of(arguments.prefix.strip("/")) if arguments.prefix else KeyLayout(archive.key)
        store = open_store(
            arguments.url or archive.url,
            archive.access_key.get_secret_value(),
            archive.secret_key.get_secret_value(),
            threads=archive.threads,
        )
    except ValueError as wrong:
        raise UserError(str(wrong)) from None
    try:
        yield Shelf(store, layout, tuple(settings.cameras)), archive.threads
    finally:
        store.close()


def _may_lack(arguments: argparse.Namespace) -> bool:
    """The demo runs without a configuration, and so does a look into its archive, or into a named one."""
    return str(arguments.config) == "nightjar.yaml" or arguments.url is not None


# -- the verbs ----------------------------------------------------------------------------------------------


def _ls(arguments: argparse.Namespace, shelf: Shelf, threads: int) -> int:
    limit = arguments.limit or None
    refs = list(itertools.islice(_range(arguments, shelf), limit and limit + 1))
    shown = refs[:limit]
    with ThreadPoolExecutor(threads, "ls") as pool:
        listed = [
            Listed.of(ref, found) for ref, found in zip(shown, pool.map(shelf.manifest, shown), strict=True)
        ]
    if arguments.json:
        print(json.dumps([each.as_json() for each in listed], indent=1))
        return 0
    print("\n".join(list_lines(listed, None)))
    if len(refs) > len(shown):
        print(f"There are more: these are the newest {limit}; --limit 0 lists all of them.")
    return 0


def _show(arguments: argparse.Namespace, shelf: Shelf, _threads: int) -> int:
    ref, manifest = _closed(arguments, shelf)
    if arguments.json:
        print(manifest.file().decode())
        return 0
    place = shelf.store.url_of(shelf.layout.manifest_key(ref.camera, ref.event)).rpartition("/")[0]
    print("\n".join(show_lines(manifest, place, None, frames=arguments.frames)))
    return 0


def _verify(arguments: argparse.Namespace, shelf: Shelf, threads: int) -> int:
    refs = [shelf.find(event) for event in arguments.events] or list(_range(arguments, shelf))
    verification = Verification(shelf, datetime.now().astimezone(), threads=threads, quick=arguments.quick)
    with Progress(len(refs), "events") as progress:
        outcome = verification.run(refs, progress)
    if arguments.json:
        print(json.dumps(outcome.as_json(), indent=1))
    elif not refs:
        print("There are no such events.")
    else:
        print("\n".join(outcome.lines(quick=arguments.quick)))
    return 1 if outcome.problems else 0


def _export(arguments: argparse.Namespace, shelf: Shelf, threads: int) -> int:
    _, manifest = _closed(arguments, shelf)
    with Progress(len(manifest.frames), "frames") as progress:
        pictures = Pictures(shelf.store, manifest, threads, progress)
        path = export(manifest, pictures, arguments.to, arguments.output, h264=arguments.h264)
    written = len(manifest.frames) - len(pictures.problems)
    if path != STANDARD_OUTPUT:
        print(f"{path}: {count(written, 'frame')}")
    for problem in pictures.problems:
        print(f"nightjar: left out: {problem}", file=sys.stderr)
    return 1 if pictures.problems else 0


def _rm(arguments: argparse.Namespace, shelf: Shelf, threads: int) -> int:
    ref = shelf.find(arguments.event)
    objects = shelf.objects(ref)
    what = (
        f"{ref.camera}/{ref.event} ({count(len(objects), 'object')}, {size(sum(o.bytes for o in objects))})"
    )
    if not arguments.yes and not _agreed(f"Remove {what} from {shelf.store.describe()} for good? [y/N] "):
        print("Nothing was removed.")
        return 1
    manifest = shelf.layout.manifest_key(ref.camera, ref.event)
    keys = [each.key for each in objects if each.key != manifest]
    with Progress(len(objects), "objects") as progress, ThreadPoolExecutor(threads, "rm") as pool:
        for _ in pool.map(shelf.store.delete, keys):
            progress.add(done=1)
        shelf.store.delete(manifest)  # last: what is cut off can be named again
    print(f"Removed {what}.")
    return 0


_VERBS: dict[str, Callable[[argparse.Namespace, Shelf, int], int]] = {
    "ls": _ls,
    "show": _show,
    "verify": _verify,
    "export": _export,
    "rm": _rm,
}


def _range(arguments: argparse.Namespace, shelf: Shelf) -> Iterator[EventRef]:
    now = datetime.now().astimezone()
    first = first_id(since(arguments.since, now)) if arguments.since else FIRST
    before = first_id(until(arguments.until, now)) if arguments.until else LAST
    return shelf.events(arguments.camera, since=first, before=before)


def _closed(arguments: argparse.Namespace, shelf: Shelf) -> tuple[EventRef, Manifest]:
    ref = shelf.find(arguments.event)
    if manifest := shelf.manifest(ref):
        return ref, manifest
    raise UserError(
        f"{ref.camera}/{ref.event} has no manifest: it is still being stored, or was never closed"
    )


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UserError("there is nobody to ask: say --yes to remove it")
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        return False
