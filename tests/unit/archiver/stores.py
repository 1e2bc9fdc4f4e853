"""A store in memory that a test can take away, and what it says then."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from services.store import NotStored, Stored, StoreError, StoreUnavailable

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class MemoryStore:
    """Keeps objects in a dictionary; `away` is raised by whatever is asked, `refuses` by keys that end so.

    `done` is what was put, read and deleted, in order; after `breaks_after` of that the store is away.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.metadata: dict[str, Mapping[str, str]] = {}
        self.away: StoreError | None = None
        self.refuses: dict[str, StoreError] = {}
        self.prepared = 0
        self.bucket = "events"
        self.is_readable = True
        self.done: list[tuple[str, str]] = []
        self.breaks_after: int | None = None

    def prepare(self) -> None:
        self._check()
        self.prepared += 1

    def put(
        self,
        key: str,
        data: bytes,
        content_type: str = "image/jpeg",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self._check()
        for end, error in self.refuses.items():
            if key.endswith(end):
                raise error
        self._do("put", key)
        self.objects[key] = data
        self.metadata[key] = metadata or {}

    def get(self, key: str) -> bytes:
        self._check()
        self._do("get", key)
        if key not in self.objects:
            raise NotStored(key)
        return self.objects[key]

    def stat(self, key: str) -> Stored | None:
        return Stored(key, len(self.objects[key]), NOON) if key in self.objects else None

    def list(
        self, prefix: str = "", *, start_after: str | None = None, recursive: bool = True
    ) -> Iterator[Stored]:
        self._check()
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        return iter([Stored(key, len(self.objects[key]), NOON) for key in keys])

    def list_folders(self, prefix: str = "") -> Iterator[str]:
        return iter(())

    def delete(self, key: str) -> None:
        self._check()
        self._do("delete", key)
        self.objects.pop(key, None)

    def url_of(self, key: str) -> str:
        return f"memory:{key}"

    def describe(self) -> str:
        return "memory:"

    def close(self) -> None:
        self._check()

    def _do(self, what: str, key: str) -> None:
        if len(self.done) == self.breaks_after:
            raise StoreUnavailable("the store is away from now on")
        self.done.append((what, key))

    def _check(self) -> None:
        if self.away:
            raise self.away
