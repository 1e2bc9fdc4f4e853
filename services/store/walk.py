"""Lists a folder the way S3 lists a bucket: keys in the order of their UTF-8 bytes, by prefix."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from services.store.base import Stored
from services.store.checks import UNFINISHED


def files(root: Path, prefix: str, after: str, recursive: bool) -> Iterator[Stored]:
    """Files whose keys begin with `prefix` and come after `after`."""
    for key, entry in _entries(root, prefix):
        if not key.endswith("/"):
            if _order(key) > _order(after):
                with suppress(FileNotFoundError):  # deleted while we looked
                    yield stored(key, entry.stat())
        elif recursive and (_order(key) > _order(after) or after.startswith(key)):
            yield from files(root, key, after, recursive)


def folders(root: Path, prefix: str) -> Iterator[str]:
    """Prefixes one `/` longer than `prefix`."""
    return (key for key, _ in _entries(root, prefix) if key.endswith("/"))


def stored(key: str, about: os.stat_result) -> Stored:
    return Stored(key, about.st_size, datetime.fromtimestamp(about.st_mtime, UTC))


def is_file(about: os.stat_result) -> bool:
    return stat.S_ISREG(about.st_mode)


def _entries(root: Path, prefix: str) -> list[tuple[str, os.DirEntry[str]]]:
    """What begins with `prefix`, down to the next `/`: a file under its key, a folder under its key and `/`.

    With that `/` their order is the order of the keys below them: `a-b/…` comes before `a/…`.
    """
    folder = prefix[: prefix.rfind("/") + 1]
    found = []
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(root / folder) as entries:
        for entry in entries:
            key = f"{folder}{entry.name}{'/' if entry.is_dir() else ''}"
            if key.startswith(prefix) and _is_ours(entry.name):
                found.append((key, entry))
    return sorted(found, key=lambda item: _order(item[0]))


def _is_ours(name: str) -> bool:
    return name.isprintable() and not name.startswith(UNFINISHED) and name != "lost+found"


def _order(key: str) -> bytes:
    return key.encode()
