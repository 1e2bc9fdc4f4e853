"""Pictures that lie in files: those of a folder, of a glob, or one alone."""

import glob
import re
from pathlib import Path

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"))
_GLOB = re.compile(r"[*?[]")
_NUMBERS = re.compile(r"(\d+)")


def picture_files(path: Path) -> list[Path] | None:
    """The pictures that the path means, in the order of their names; None where it means something else.

    A folder means the pictures in it, a path with `*`, `?` or `[…]` those that match (`**` also in folders
    below), unless a file is called just so. May raise OSError.
    """
    if path.is_dir():
        found = [file for file in path.iterdir() if not file.name.startswith(".")]
    elif path.exists():
        return [path] if path.suffix.lower() in SUFFIXES else None
    elif _GLOB.search(str(path)):
        found = [Path(name) for name in glob.glob(str(path), recursive=True)]  # noqa: PTH207  (also "/a/**/*")
    else:
        return None
    return sorted((file for file in found if file.suffix.lower() in SUFFIXES), key=_order)


def _order(path: Path) -> list[tuple[str, int]]:
    """By name, numbers by their value: 9.jpg comes before 10.jpg."""
    parts = _NUMBERS.split(str(path))
    return [(part, 0) if at % 2 == 0 else ("", int(part)) for at, part in enumerate(parts)]
