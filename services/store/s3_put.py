"""Puts a whole object with one signed request: the hot path of the archiver.

The signature is version 4 of AWS (docs.aws.amazon.com, "Authenticating Requests: Using the Authorization
Header"), with the SHA-256 of the bytes that are sent in it, over http as over https: a server that got others
refuses them. minio's client, which does everything else, takes half as long again for it.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote
from xml.etree.ElementTree import ParseError

from minio import Minio
from minio.credentials.credentials import Credentials
from minio.error import InvalidResponseError, S3Error
from urllib3 import HTTPResponse

from services.contract.archive_url import S3Place
from services.store.lines import Answer, Lines
from services.store.s3_client import Credential, tls_of

_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")
#: Of what a tag may consist on every server.
_IN_TAGS = " +-=.:/@_"


class Putter:
    """For one bucket; used by many threads at once."""

    def __init__(self, place: S3Place, client: Minio, credential: Credential) -> None:
        base = client._base_url.build(  # which knows virtual hosts, and Amazon's
            method="PUT", region=place.region, bucket_name=place.bucket, object_name="x"
        )
        self._path = base.path[:-1]
        self._region = place.region
        self._tagged = place.tags
        self._credential = credential
        self._always = {"host": base.netloc, **_wishes(place)}
        port = base.port or (443 if place.secure else 80)
        self._lines = Lines(base.hostname or "", port, tls_of(place) if place.secure else None)

    def put(self, name: str, data: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        """Returns when the server has said that it has it. Raises what `s3_errors` translates."""
        path = self._path + quote(name, safe="/-_.~")
        headers = {**self._always, "content-type": content_type, **meta_headers(metadata)}
        if self._tagged and "event" in metadata:
            tags = ((tag, metadata[tag]) for tag in ("camera", "event"))
            headers["x-amz-tagging"] = "&".join(f"{tag}={quote(text, safe=_IN_TAGS)}" for tag, text in tags)
        sha256 = metadata.get("sha256") or hashlib.sha256(data).hexdigest()
        signed = sign(
            path,
            headers,
            sha256,
            key=self._credential.retrieve(),
            region=self._region,
            now=datetime.now(UTC),
        )
        lines = "".join(f"{name}: {text}\r\n" for name, text in signed.items())
        head = f"PUT {path} HTTP/1.1\r\n{lines}Content-Length: {len(data)}\r\n\r\n"
        answer = self._lines.ask(head.encode("latin-1"), data)
        if answer.status != 200:
            raise _error(answer)

    def break_off(self) -> None:
        self._lines.break_off()


def sign(
    path: str, headers: Mapping[str, str], sha256: str, *, key: Credentials, region: str, now: datetime
) -> dict[str, str]:
    """The headers of a PUT with those that say who it is; names in lower case, `host` among them."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    all_headers = {**headers, "x-amz-content-sha256": sha256, "x-amz-date": stamp}
    ordered = sorted(all_headers.items())
    names = ";".join(name for name, _ in ordered)
    lines = "".join(f"{name}:{text}\n" for name, text in ordered)
    request = hashlib.sha256(f"PUT\n{path}\n\n{lines}\n{names}\n{sha256}".encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{request}"
    signature = hmac.digest(_day_key(key.secret_key, stamp[:8], region), text.encode(), "sha256").hex()
    all_headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return all_headers


@lru_cache(maxsize=8)
def _day_key(secret: str, day: str, region: str) -> bytes:
    """What signs everything of a day."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def meta_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """HTTP headers carry printable ASCII alone; anything else is percent-encoded, as in a URL."""
    return {
        f"x-amz-meta-{quote(name, safe='').lower()}": quote(" ".join(text.split()), safe=_PLAIN)
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


def _error(answer: Answer) -> Exception:
    """As minio's client would raise it."""
    content_type = answer.headers.get("content-type", "")
    try:
        return S3Error.fromxml(HTTPResponse(answer.body, answer.headers, answer.status))
    except ParseError:
        return InvalidResponseError(answer.status, content_type, answer.body.decode(errors="replace") or None)
