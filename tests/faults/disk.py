"""A small disk of its own for a folder, which can be full, and read-only."""

import subprocess
from pathlib import Path

import pytest

MB = 1_000_000
SIZE = 24 * MB


class Disk:
    """A tmpfs on the folder, where we may mount one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"
        self._mounted = self._mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder))

    def fill(self) -> None:
        """Not a byte more fits."""
        self._needed()
        with self._filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                return

    def make_room(self) -> None:
        self._filler.unlink(missing_ok=True)

    def freeze(self) -> bool:
        """Read-only from now on; false where somebody just writes there."""
        self._needed()
        return self._mount("-o", "remount,ro", str(self.folder))

    def thaw(self) -> None:
        self._mount("-o", "remount,rw", str(self.folder))

    def remove(self) -> None:
        if self._mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False)
            self._mounted = False

    def _needed(self) -> None:
        if not self._mounted:
            pytest.skip("a disk that can be full needs a mount of its own, which this user may not make")

    def _mount(self, *words: str) -> bool:
        return subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0
