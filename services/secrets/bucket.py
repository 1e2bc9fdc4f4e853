"""The bucket and its users on the S3 server: each key reaches this bucket and nothing else."""

import logging
import threading
from collections.abc import Mapping
from typing import Any

import urllib3
from minio import Minio, MinioAdmin
from minio.credentials.providers import StaticProvider
from minio.error import InvalidResponseError, MinioAdminException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from services.contract.archive_url import S3Place
from services.runtime.errors import UserError
from services.secrets.keyring import Key

log = logging.getLogger(__name__)

ASK_AGAIN_S = 0.25

_UNKNOWN_KEY = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied")

_LOOK = ("s3:GetBucketLocation", "s3:ListBucket")
_READ = ("s3:GetObject", "s3:GetObjectTagging")
_WRITE = (
    "s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject",
    "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts",
)  # fmt: skip
_KEEP_HOUSE = (
    "s3:CreateBucket", "s3:ListBucketMultipartUploads",
    "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration",
)  # fmt: skip

#: User to what it may do: with the bucket itself, and with what is in it.
RIGHTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "archiver": ((*_LOOK, *_KEEP_HOUSE), (*_READ, *_WRITE)),
    "gateway": (_LOOK, _READ),
    "nightjar": ((*_LOOK, "s3:ListBucketMultipartUploads"), (*_READ, *_WRITE)),
}


class NotYet(Exception):
    """The S3 server does not answer, or not yet as it should."""


def policy(user: str, bucket: str) -> dict[str, Any]:
    """The S3 policy of a user, limited to one bucket."""
    with_bucket, with_objects = RIGHTS[user]
    statements = [(with_bucket, f"arn:aws:s3:::{bucket}"), (with_objects, f"arn:aws:s3:::{bucket}/*")]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": list(actions), "Resource": [resource]}
            for actions, resource in statements
        ],
    }


def prepare(place: S3Place, root: Key, users: Mapping[str, Key]) -> None:
    """Makes the bucket, the users and their policies; what is there already stays.

    Raises `NotYet` while the server is not ready, and UserError where it does not know the root key.
    """
    http = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=10), retries=False)
    admin = MinioAdmin(
        endpoint=place.host,
        credentials=StaticProvider(root.access, root.secret),
        region=place.region,
        secure=place.secure,
        http_client=http,
    )
    try:
        client = _client(place, root, http)
        if not client.bucket_exists(place.bucket):
            client.make_bucket(place.bucket)
        for user, key in users.items():
            admin.policy_add(key.access, policy=policy(user, place.bucket))
            if not _opens(place, key, http):
                admin.user_add(key.access, key.secret)
            admin.policy_set(key.access, user=key.access)
    except (S3Error, MinioAdminException) as error:
        raise _translated(error) from error
    except (HTTPError, InvalidResponseError, ServerError, OSError) as error:
        raise NotYet(str(error)) from error


def prepare_patiently(
    place: S3Place, root: Key, users: Mapping[str, Key], stop: threading.Event, patience_s: float
) -> None:
    """The same, asking again until the server is ready; UserError when it is not within `patience_s`."""
    for _ in range(int(patience_s / ASK_AGAIN_S)):
        try:
            prepare(place, root, users)
        except NotYet as error:
            reason = error
            if stop.wait(ASK_AGAIN_S):
                return
        else:
            log.info("the bucket %s and its users are ready", place.bucket)
            return
    raise UserError(f"the S3 server at {place.endpoint} is not ready after {patience_s:.0f} s: {reason}")


def _client(place: S3Place, key: Key, http: urllib3.PoolManager) -> Minio:
    return Minio(
        place.host, key.access, key.secret, secure=place.secure, region=place.region, http_client=http
    )


def _opens(place: S3Place, key: Key, http: urllib3.PoolManager) -> bool:
    """Whether the key is known already: asking takes milliseconds, adding it a third of a second."""
    try:
        return _client(place, key, http).bucket_exists(place.bucket)
    except S3Error:
        return False


def _translated(error: S3Error | MinioAdminException) -> Exception:
    if any(code in str(error) for code in _UNKNOWN_KEY):
        return UserError(
            "the S3 server does not know the root key of the secrets volume, since it was started with "
            "another one: restart the service s3"
        )
    return NotYet(str(error))
