"""Whether there is room where this process writes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from services.doctor.finding import Finding, warning, well, wrong

PART = "disk"
MB, GB = 1_000_000, 1_000_000_000
LOW_BYTES = GB // 2
LOW_PART = 0.03


def look_at_disks(folders: dict[str, tuple[Path, float]]) -> Iterator[Finding]:
    """Folders by what they are for, each with the GB that are to stay free there."""
    for what, (folder, reserve_gb) in folders.items():
        try:
            usage = shutil.disk_usage(_nearest(folder))
        except OSError as error:
            yield wrong(PART, f"{folder}, {what}, cannot be looked at: {error.strerror}", "does it exist?")
            continue
        free = f"{_size(usage.free)} free in {folder}, {what}"
        if usage.free < reserve_gb * GB:
            yield wrong(
                PART,
                f"only {free}, which takes nothing as long as less than {reserve_gb:g} GB are free",
                "make room there, name another folder (archive.spool_dir), or lower archive.spool_free_gb",
            )
        elif usage.free < LOW_BYTES or usage.free < LOW_PART * usage.total:
            yield warning(PART, f"only {free}", "make room there: without any, nothing can be kept")
        else:
            yield well(PART, free)


def _size(size: int) -> str:
    return f"{size / GB:.1f} GB" if size >= GB else f"{size / MB:.0f} MB"


def _nearest(folder: Path) -> Path:
    """Itself, or what it will be made in."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
