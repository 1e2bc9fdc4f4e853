"""A store that is somebody's own server: each object is posted to it, and never seen again.

A frame is a form with the file `image`, a manifest one with the file `manifest`; beside it fields with the
key, the SHA-256 and what else is known of it. Whatever is 2xx means that the server has it for good.
"""

import hashlib
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as NoAnswerError

from services.contract.archive_url import HttpPlace
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
from services.store.connections import Connections, root_cause
from services.store.keys import KeyRing

#: Statuses that say something about this one object, for good.
_THIS_OBJECT = {413: "too large", 415: "of a kind that it does not take", 422: "not what it takes"}


class HttpStore:
    """Posts over at most `connections` connections. What is there cannot be asked: it lists nothing."""

    def __init__(
        self, place: HttpPlace, ring: KeyRing, connections: int, ca_file: Path | None = None
    ) -> None:
        self._place = place
        self._ring = ring
        self._pool = Connections(connections, _tls(ca_file) if place.url.startswith("https:") else None)

    @property
    def is_readable(self) -> bool:
        return False

    @property
    def bucket(self) -> None:
        return None

    def describe(self) -> str:
        return self._place.origin

    def url_of(self, key: str) -> str:
        check_key(key)
        return self._place.origin

    def prepare(self) -> None:
        """There is nothing to make, and no question that every server answers."""

    def put(
        self,
        key: str,
        data: bytes,
        content_type: str = "image/jpeg",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        check_key(key)
        fields = {"key": key, **(metadata or {})}
        fields.setdefault("sha256", hashlib.sha256(data).hexdigest())
        body, form = urllib3.encode_multipart_formdata(
            [
                *fields.items(),
                ("image" if content_type == "image/jpeg" else "manifest", (_name(key), data, content_type)),
            ]
        )
        headers = {"Content-Type": form}
        if token := self._ring.key.token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            response = self._pool.request("POST", self._place.url, body=body, headers=headers, redirect=False)
        except (HTTPError, OSError) as error:
            raise self._away(error) from error
        if not 200 <= response.status < 300:
            ours = self._answer(response.status, response.headers.get("location", ""))
            if isinstance(ours, StoreRefused):
                self._ring.refused()
            raise ours

    def get(self, key: str) -> bytes:
        check_key(key)
        raise NotStored(f"{self.describe()} gives nothing back")

    def stat(self, key: str) -> Stored | None:
        check_key(key)
        return None

    def list(
        self,
        prefix: str = "",
        *,
        start_after: str | None = None,  # noqa: ARG002 - there is nothing
        recursive: bool = True,  # noqa: ARG002 - the same
    ) -> Iterator[Stored]:
        check_prefix(prefix)
        return iter(())

    def list_folders(self, prefix: str = "") -> Iterator[str]:
        check_prefix(prefix)
        return iter(())

    def delete(self, key: str) -> None:
        check_key(key)

    def close(self) -> None:
        self._pool.break_off()

    def _answer(self, status: int, location: str) -> StoreError:
        server = f"the archive at {self._place.origin}"
        if status in (401, 403):
            return StoreRefused(f"{server} refused us (HTTP {status}); check archive.token")
        if status in _THIS_OBJECT:
            return StoreRejected(f"{server} says that the object is {_THIS_OBJECT[status]} (HTTP {status})")
        if status == 507:
            return StoreFull(f"{server} has no room left (HTTP 507)")
        if 300 <= status < 400:
            host = urlsplit(location).netloc or "another place"
            return StoreRefused(f"{server} sends us to {host}; write that address as archive.url")
        if status in (408, 425, 429) or status >= 500:
            return StoreUnavailable(f"{server} is not well (HTTP {status})")
        return StoreRefused(f"{server} does not take frames there (HTTP {status}); check archive.url")

    def _away(self, error: Exception) -> StoreError:
        server = f"the archive at {self._place.origin}"
        if isinstance(error, SSLError | ssl.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
            return StoreRefused(
                f"{server} shows a certificate that is not trusted; name its CA as archive.ca_file"
            )
        if isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError):
            return StoreUnavailable(f"{server} is not there (it does not answer)")
        if isinstance(error, NoAnswerError | TimeoutError) and not isinstance(error, NewConnectionError):
            return StoreUnavailable(f"{server} takes too long to answer")
        return StoreUnavailable(f"{server} is not there ({root_cause(error)})")


def _name(key: str) -> str:
    return key.rpartition("/")[2]


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:
        raise ValueError(f"archive.ca_file is {ca_file}, which holds no certificate") from None
