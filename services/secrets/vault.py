"""A folder of secrets, one small file each, that only its owner can read."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from services.runtime.errors import UserError


class Vault:
    """Secrets that are made once, on first use, and stay until they are forgotten."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> str | None:
        """The secret, or None where it was never made. Raises UserError where the file is of no use."""
        path = self.folder / name
        try:
            text = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except PermissionError:
            raise UserError(f"{path} cannot be read by this user: change its owner") from None
        if not text:
            raise UserError(f"{path} is empty: delete it, and the next start makes a new one")
        return text

    def get(self, name: str, make: Callable[[], str]) -> str:
        """The secret; made and kept where there is none. Of two processes, the first one wins."""
        known = self.read(name)
        if known is not None:
            return known
        made = make()
        with _draft(self.folder, made) as draft:
            try:
                os.link(draft, self.folder / name)
            except FileExistsError:
                return self.get(name, make)
        return made

    def forget(self, name: str) -> None:
        """The next `get` makes another one. Raises UserError where the folder is not this user's."""
        try:
            (self.folder / name).unlink(missing_ok=True)
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise UserError(f"{self.folder} cannot be written by this user: {reason}") from None


def publish(folder: Path, name: str, text: str) -> None:
    """Puts a copy for one reader into place, whole or not at all; an older one is replaced."""
    with _draft(folder, text) as draft:
        draft.replace(folder / name)


@contextmanager
def _draft(folder: Path, text: str) -> Iterator[Path]:
    """The text in a file of the folder, mode 0600 and on disk; gone afterwards, unless it was moved."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".draft-")
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written by this user: {(error.strerror or '').lower()}"
        ) from None
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
