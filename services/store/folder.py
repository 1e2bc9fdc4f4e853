"""A store that is a folder: every object is a file of its own."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from services.store import durable, walk
from services.store.base import (
    NotStored,
    Stored,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreRejected,
    StoreUnavailable,
)
from services.store.checks import check_key, check_prefix

_T = TypeVar("_T")

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_REJECTED = {errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EFBIG, errno.EILSEQ}


class FolderStore:
    """Keeps objects below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @property
    def is_readable(self) -> bool:
        return True

    @property
    def bucket(self) -> None:
        return None

    def describe(self) -> str:
        return self._root.as_uri()

    def url_of(self, key: str) -> str:
        return self._path(key).as_uri()

    def prepare(self) -> None:
        with self._translated():
            self._root.mkdir(parents=True, exist_ok=True)
            if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def put(
        self,
        key: str,
        data: bytes,
        content_type: str = "image/jpeg",  # noqa: ARG002 - the file's name says it
        metadata: Mapping[str, str] | None = None,  # noqa: ARG002 - a folder has no place for it
    ) -> None:
        path = self._path(key)
        with self._translated():
            try:
                durable.write_file(path, data)
            except FileNotFoundError:
                self._check_root()  # a disk that is away is not made anew
                durable.make_folders(path.parent, self._root)
                durable.write_file(path, data)

    def get(self, key: str) -> bytes:
        path = self._path(key)
        with self._translated():
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                self._check_root()
        raise NotStored(f"{self.describe()} has no {key}")

    def stat(self, key: str) -> Stored | None:
        path = self._path(key)
        with self._translated():
            try:
                about = path.stat()
            except (FileNotFoundError, NotADirectoryError):
                self._check_root()
                return None
        return walk.stored(key, about) if walk.is_file(about) else None

    def list(
        self, prefix: str = "", *, start_after: str | None = None, recursive: bool = True
    ) -> Iterator[Stored]:
        check_prefix(prefix)
        return self._walked(walk.files(self._root, prefix, start_after or "", recursive))

    def list_folders(self, prefix: str = "") -> Iterator[str]:
        check_prefix(prefix)
        return self._walked(walk.folders(self._root, prefix))

    def delete(self, key: str) -> None:
        path = self._path(key)
        with self._translated():
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                self._check_root()
                return
            durable.remove_empty(path.parent, self._root)  # as on S3, no folder without an object

    def close(self) -> None:
        """A folder holds nothing open."""

    def _path(self, key: str) -> Path:
        check_key(key)
        return self._root / key

    def _walked(self, found: Iterator[_T]) -> Iterator[_T]:
        with self._translated():
            self._check_root()
            yield from found

    def _check_root(self) -> None:
        if not self._root.is_dir():
            raise StoreUnavailable(f"the archive's folder {self._root} is away")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._ours(error) from error

    def _ours(self, error: OSError) -> StoreError:
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        if error.errno in _FULL:
            return StoreFull(f"the archive's folder {self._root} is full ({reason})")
        if error.errno in _REFUSED:
            return StoreRefused(
                f"the archive's folder {self._root} may not be used ({reason}); "
                f"let user {os.getuid()} read and write there, or change archive.url"
            )
        if error.errno in _REJECTED:
            return StoreRejected(f"the archive's folder {self._root} cannot take this object ({reason})")
        return StoreUnavailable(f"the archive's folder {self._root} does not work ({reason})")
