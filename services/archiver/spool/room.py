"""How much the spool may take: so many bytes of its own, and so many left free on the disk."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def free_bytes(folder: Path) -> int:
    """Bytes that a user may still write on the disk on which the folder is, or will be made."""
    while True:
        try:
            about = os.statvfs(folder)
        except FileNotFoundError:
            folder = folder.parent
            continue
        return about.f_bavail * about.f_frsize


@dataclass(frozen=True, slots=True)
class Room:
    """The two bounds. Pure but for the question how much is free."""

    max_bytes: int
    keep_free_bytes: int
    free: Callable[[Path], int] = free_bytes

    def left(self, folder: Path, used: int) -> int:
        """Bytes that may still be written when the spool has `used` so many; never below 0."""
        return max(0, min(self.max_bytes - used, self.free(folder) - self.keep_free_bytes))

    def filled(self, folder: Path, used: int) -> float:
        """How full it is: 0 to 1, of what it may have in all as the disk is now."""
        left = self.left(folder, used)
        return used / (used + left) if used + left else 1.0

    def why_full(self, folder: Path, used: int) -> str:
        """The sentence for people, for when nothing more may be written."""
        if used >= self.max_bytes - self.left(folder, used) and self.free(folder) > self.keep_free_bytes:
            return (
                f"the spool {folder} has reached its {_gb(self.max_bytes)}; bring the archive back, or raise "
                "archive.spool_gb"
            )
        return (
            f"the disk of the spool {folder} has less than {_gb(self.keep_free_bytes)} free; make room "
            "there, bring the archive back, or lower archive.spool_free_gb"
        )


def _gb(count: int) -> str:
    return f"{count / 1e9:g} GB"
