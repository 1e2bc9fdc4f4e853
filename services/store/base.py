"""What every store promises, whatever stands behind its URL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class StoreError(Exception):
    """Something about the store; `str()` is a sentence for people."""


class StoreUnavailable(StoreError):
    """Temporary: the store is away. Keep everything, call `prepare` and try again."""


class StoreRefused(StoreUnavailable):
    """The store is there and says no (a wrong key, say); somebody has to mend it, so ask again slowly."""


class StoreFull(StoreUnavailable):
    """The store has no room left; it may have some later."""


class StoreRejected(StoreError):
    """Permanent, for this object alone: too large, or a key that no store takes."""


class NotStored(StoreError, LookupError):
    """There is no such object."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object in a store."""

    key: str
    bytes: int
    modified: datetime  # UTC


class Store(Protocol):
    """Objects under keys such as `door/2026/11/20/…/event.json`.

    Every method may be called from any thread, blocks, and raises `StoreUnavailable` or one of its kinds
    where the store is away. A key that leads out of the store, or that not every store can keep, is
    `StoreRejected`.
    """

    def prepare(self) -> None:
        """Makes the bucket or folder where it is missing; does nothing where it is there."""

    def put(
        self,
        key: str,
        data: bytes,
        content_type: str = "image/jpeg",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Returns when the object is durably stored and whole; replaces an older one.

        A `sha256` among the `metadata` is taken for that of `data` (in hex), so that it is counted once.

        `metadata` is for whoever looks at the object with the store's own tools; a folder has no place
        for it.
        """

    def get(self, key: str) -> bytes:
        """The object's bytes. Raises `NotStored`."""
        ...

    def stat(self, key: str) -> Stored | None:
        """The object without its bytes; None where there is none."""

    def list(
        self, prefix: str = "", *, start_after: str | None = None, recursive: bool = True
    ) -> Iterator[Stored]:
        """Objects whose keys begin with `prefix` and come after `start_after`, ordered by their UTF-8 keys.

        Not recursive: only those with no further `/` after the prefix.
        """
        ...

    def list_folders(self, prefix: str = "") -> Iterator[str]:
        """What comes between `prefix` and the next `/`, as further prefixes (`door/2026/`), in order."""
        ...

    def delete(self, key: str) -> None:
        """Deletes the object; nothing happens where there is none."""

    def url_of(self, key: str) -> str:
        """Where people find the object, such as `s3://bucket/prefix/key`."""
        ...

    def describe(self) -> str:
        """Where the store is, such as `s3://bucket/prefix`; never with a secret."""
        ...

    @property
    def is_readable(self) -> bool:
        """Whether what is stored can be listed and read again."""
        ...

    @property
    def bucket(self) -> str | None:
        """The bucket's name; None where the store has none."""
        ...

    def close(self) -> None:
        """Lets go of connections; whoever still waits for the store gets `StoreUnavailable`."""
