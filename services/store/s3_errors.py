"""What an S3 server's errors, and those on the way to it, mean to us."""

import ssl
from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)
from urllib3.exceptions import (
    TimeoutError as NoAnswerError,
)

from services.contract.archive_url import S3Place
from services.store.base import (
    NotStored,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreRejected,
    StoreUnavailable,
)
from services.store.connections import root_cause

FOREIGN = (MinioException, HTTPError, OSError, ParseError, UnicodeDecodeError)

_MEANING: dict[str, tuple[type[StoreError], str]] = {
    **dict.fromkeys(
        ("NoSuchKey", "NoSuchObject", "NoSuchVersion"), (NotStored, "{server} has no such object in {bucket}")
    ),
    "NoSuchBucket": (StoreUnavailable, "{server} has no bucket {bucket}"),
    **dict.fromkeys(
        (
            "AccessDenied",
            "AccountProblem",
            "AllAccessDisabled",
            "ExpiredToken",
            "InvalidAccessKeyId",
            "InvalidSecurity",
            "InvalidToken",
            "NotSignedUp",
            "SignatureDoesNotMatch",
            "XMinioAccessKeyDisabled",
        ),
        (
            StoreRefused,
            "{server} refused the key for bucket {bucket} ({said}); "
            "check archive.access_key, archive.secret_key and what the key may do",
        ),
    ),
    **dict.fromkeys(
        (
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "InvalidRegion",
            "PermanentRedirect",
        ),
        (StoreRefused, "{server} expects another region ({said}); set region in archive.url"),
    ),
    "RequestTimeTooSkewed": (
        StoreRefused,
        "{server} has another time than this machine; set the clock that is wrong",
    ),
    "BucketAlreadyExists": (
        StoreRefused,
        "{server} has a bucket {bucket} of somebody else; choose another in archive.url",
    ),
    **dict.fromkeys(
        ("QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "XMinioStorageFull"),
        (StoreFull, "{server} has no room left in bucket {bucket} ({said})"),
    ),
    **dict.fromkeys(
        (
            "EntityTooLarge",
            "InvalidURI",
            "KeyTooLongError",
            "MetadataTooLarge",
            "XMinioInvalidObjectName",
            "XMinioObjectExistsAsDirectory",
            "XMinioParentIsObject",
        ),
        (StoreRejected, "{server} cannot take this object ({said})"),
    ),
}


def translate(error: Exception, place: S3Place) -> StoreError:
    """Ours for one of the `FOREIGN` exceptions, with a sentence.

    What nobody knows counts as temporary: an object is given up only for a reason that stays.
    """
    server = f"S3 at {place.endpoint}"
    if isinstance(error, S3Error):
        return _answer(server, place.bucket, error)
    if isinstance(error, ServerError):
        return _status(server, error.status_code)
    if isinstance(error, InvalidResponseError):
        return _status(server, error._code)  # it shows its status nowhere else
    return _connection(server, error)


def _answer(server: str, bucket: str, error: S3Error) -> StoreError:
    said = f"{error.code}: {(error.message or 'no reason given').rstrip('.')}"
    if error.code not in _MEANING:
        return _status(server, error.response.status, said)
    kind, sentence = _MEANING[error.code]
    return kind(sentence.format(server=server, bucket=bucket, said=said))


def _status(server: str, status: int, said: str = "") -> StoreError:
    answer = f"HTTP {status}{', ' if said else ''}{said}"
    if status == 507:
        return StoreFull(f"{server} has no room left ({answer})")
    if status == 413:
        return StoreRejected(f"{server} cannot take this object ({answer})")
    if status in (401, 403, 407):
        return StoreRefused(
            f"{server} refused us ({answer}); check archive.url and what stands before the server"
        )
    return StoreUnavailable(f"{server} is not well ({answer})")


def _connection(server: str, error: Exception) -> StoreError:
    if isinstance(error, SSLError | ssl.SSLError):
        return _tls(server, str(error))
    if isinstance(error, NameResolutionError):
        return StoreUnavailable(f"{server} is not there (no such host)")
    if isinstance(error, NewConnectionError):  # urllib3 counts it as a timeout, which it need not be
        return StoreUnavailable(f"{server} is not there ({root_cause(error)})")
    if isinstance(error, ConnectTimeoutError):
        return StoreUnavailable(f"{server} is not there (it does not answer)")
    if isinstance(error, NoAnswerError | TimeoutError):
        return StoreUnavailable(f"{server} takes too long to answer")
    return StoreUnavailable(f"{server} is not there ({root_cause(error)})")


def _tls(server: str, text: str) -> StoreError:
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return StoreRefused(
            f"{server} shows a certificate that is not trusted; name its CA with ca_file in archive.url"
        )
    if "WRONG_VERSION_NUMBER" in text or "record layer failure" in text:
        return StoreRefused(
            f"{server} does not speak TLS; if that is right, write http:// in archive.url's endpoint"
        )
    return StoreUnavailable(f"{server} broke off the TLS connection")
