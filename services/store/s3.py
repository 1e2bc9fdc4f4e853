"""A store that is a bucket, or a part of one, on an S3-compatible server."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from minio.datatypes import Object
from minio.error import S3Error

from services.contract.archive_url import S3Place
from services.store.base import NotStored, Stored, StoreRefused
from services.store.checks import UNFINISHED, check_key, check_prefix
from services.store.keys import KeyRing
from services.store.s3_client import Credential, connect
from services.store.s3_errors import FOREIGN, translate
from services.store.s3_expiry import Expiry, expiries_of
from services.store.s3_put import Putter

log = logging.getLogger(__name__)


class S3Store:
    """Keeps objects in a bucket, below the place's prefix, over at most `connections` connections.

    The server checks that what came is what was sent: its SHA-256 is part of the signature. One request per
    object; nothing is retried here.
    """

    def __init__(self, place: S3Place, ring: KeyRing, connections: int) -> None:
        self._place = place
        self._ring = ring
        self._prefix = f"{place.prefix}/" if place.prefix else ""
        credential = Credential(ring)
        self._client, self._pool = connect(place, credential, connections)
        self._putter = Putter(place, self._client, credential)
        self._was_there = False

    @property
    def is_readable(self) -> bool:
        return True

    @property
    def bucket(self) -> str:
        return self._place.bucket

    def describe(self) -> str:
        return f"s3://{self.bucket}/{self._prefix}".rstrip("/")

    def url_of(self, key: str) -> str:
        return f"s3://{self.bucket}/{self._name(key)}"

    def prepare(self) -> None:
        with self._translated():
            try:  # a key limited to its bucket may list it, and a listing that fails says why
                next(self._objects(UNFINISHED, recursive=False), None)
            except S3Error as error:
                if error.code != "NoSuchBucket":
                    raise
                self._make_bucket()
        self._was_there = True

    def put(
        self,
        key: str,
        data: bytes,
        content_type: str = "image/jpeg",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        name = self._name(key)
        with self._translated():
            self._putter.put(name, data, content_type, metadata or {})

    def get(self, key: str) -> bytes:
        name = self._name(key)
        with self._translated():
            response = self._client.get_object(self.bucket, name)
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

    def stat(self, key: str) -> Stored | None:
        name = self._name(key)
        try:
            with self._translated():
                return self._stored(self._client.stat_object(self.bucket, name))
        except NotStored:
            return None

    def list(
        self, prefix: str = "", *, start_after: str | None = None, recursive: bool = True
    ) -> Iterator[Stored]:
        check_prefix(prefix)
        return self._list(prefix, start_after, recursive)

    def list_folders(self, prefix: str = "") -> Iterator[str]:
        check_prefix(prefix)
        return self._list_folders(prefix)

    def delete(self, key: str) -> None:
        name = self._name(key)
        with self._translated():
            self._client.remove_object(self.bucket, name)

    def expiries(self) -> tuple[Expiry, ...]:
        """The bucket's life-cycle rules that delete, which not every key may ask for."""
        with self._translated():
            found = self._client.get_bucket_lifecycle(self.bucket)
        return expiries_of(found.rules if found else ())

    def close(self) -> None:
        self._putter.break_off()
        self._pool.break_off()

    def _make_bucket(self) -> None:
        try:
            self._client.make_bucket(self.bucket)
        except S3Error as error:
            if error.code == "AccessDenied":
                raise StoreRefused(
                    f"S3 at {self._place.endpoint} has no bucket {self.bucket} and the key may not make it; "
                    "make it, or check archive.url"
                ) from error
            if error.code != "BucketAlreadyOwnedByYou":  # another replica was faster
                raise
        if self._was_there:
            log.error(
                "somebody deleted the bucket %s at %s with all that was in it; it is made anew, and "
                "events that are not closed yet are stored again; see who else may delete there",
                self.bucket,
                self._place.endpoint,
            )

    def _list(self, prefix: str, start_after: str | None, recursive: bool) -> Iterator[Stored]:
        with self._translated():
            for found in self._objects(prefix, recursive=recursive, start_after=start_after):
                if not found.is_dir:
                    yield self._stored(found)

    def _list_folders(self, prefix: str) -> Iterator[str]:
        with self._translated():
            for found in self._objects(prefix, recursive=False):
                if found.is_dir and found.object_name:
                    yield found.object_name.removeprefix(self._prefix)

    def _objects(self, prefix: str, *, recursive: bool, start_after: str | None = None) -> Iterator[Object]:
        after = f"{self._prefix}{start_after}" if start_after else None
        found: Iterator[Object] = self._client.list_objects(
            self.bucket, f"{self._prefix}{prefix}", recursive=recursive, start_after=after
        )
        return found

    def _stored(self, found: Object) -> Stored:
        assert found.object_name is not None
        assert found.last_modified is not None
        return Stored(found.object_name.removeprefix(self._prefix), found.size or 0, found.last_modified)

    def _name(self, key: str) -> str:
        check_key(key)
        return f"{self._prefix}{key}"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except FOREIGN as error:
            ours = translate(error, self._place)
            if isinstance(ours, StoreRefused):
                self._ring.refused()
            raise ours from error
