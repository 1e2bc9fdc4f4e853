"""Puts a whole object with one signed request: the hot path of the archiver.

minio's own `put_object` reads the object from a stream, part by part, and over https signs it unhashed. Here
the SHA-256 of the bytes that are sent is in the signature, over http as over https, so that a server which
stored anything else would have to say so.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import SplitResult, quote

from minio import Minio
from minio.error import InvalidResponseError, S3Error
from minio.signer import sign_v4_s3
from urllib3 import BaseHTTPResponse, HTTPConnectionPool

from services.contract.archive_url import S3Place
from services.store.connections import Connections
from services.store.s3_client import Credential

_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")
#: Of what a tag may consist on every server.
_IN_TAGS = " +-=.:/@_"


class Putter:
    """For one bucket; used by many threads at once."""

    def __init__(self, place: S3Place, client: Minio, pool: Connections, credential: Credential) -> None:
        base = client._base_url.build(  # which knows virtual hosts, and Amazon's
            method="PUT", region=place.region, bucket_name=place.bucket, object_name="x"
        )
        self._base = base._replace(path=base.path[:-1])
        self._region = place.region
        self._tagged = place.tags
        self._credential = credential
        self._always = {"Host": base.netloc, **_wishes(place)}
        self._pool: HTTPConnectionPool = pool.connection_from_host(
            base.hostname or "", base.port, scheme=base.scheme
        )

    def put(self, name: str, data: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        """Returns when the server has said that it has it. Raises what `s3_errors` translates."""
        url = self._base._replace(path=self._base.path + quote(name, safe="/-_.~"))
        response = self._pool.urlopen(
            "PUT",
            url.path,
            body=data,
            headers=self._signed(url, data, content_type, metadata),
            retries=False,
            redirect=False,
        )
        if response.status != 200:
            raise _error(response)

    def _signed(
        self, url: SplitResult, data: bytes, content_type: str, metadata: Mapping[str, str]
    ) -> dict[str, str]:
        now = datetime.now(UTC)
        sha256 = hashlib.sha256(data).hexdigest()
        headers: dict[str, str | list[str] | tuple[str]] = {
            **self._always,
            "Content-Type": content_type,
            **meta_headers(metadata),
            "x-amz-content-sha256": sha256,
            "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
        }
        if self._tagged and "event" in metadata:
            tags = ((name, metadata[name]) for name in ("camera", "event"))
            headers["x-amz-tagging"] = "&".join(f"{name}={quote(text, safe=_IN_TAGS)}" for name, text in tags)
        credential = self._credential.retrieve()
        signed = sign_v4_s3(
            method="PUT",
            url=url,
            region=self._region,
            headers=headers,
            credentials=credential,
            content_sha256=sha256,
            date=now,
        )
        return {name: str(text) for name, text in signed.items()}


def meta_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """HTTP headers carry printable ASCII alone; anything else is percent-encoded, as in a URL."""
    return {
        f"x-amz-meta-{quote(name, safe='')}": quote(" ".join(text.split()), safe=_PLAIN)
        for name, text in metadata.items()
    }


def _wishes(place: S3Place) -> dict[str, str]:
    """What `archive.url` asks for of every object."""
    wishes = {
        "x-amz-server-side-encryption": place.sse,
        "x-amz-server-side-encryption-aws-kms-key-id": place.sse_key,
        "x-amz-storage-class": place.storage_class,
    }
    return {name: wish for name, wish in wishes.items() if wish}


def _error(response: BaseHTTPResponse) -> Exception:
    content_type = response.headers.get("content-type", "")
    if response.data and "application/xml" in content_type:
        return S3Error.fromxml(response)
    return InvalidResponseError(response.status, content_type, response.data.decode(errors="replace") or None)
