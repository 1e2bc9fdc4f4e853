"""Only what stays wrong with an object gives it up; everything else is kept and tried again."""

import pytest
from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError, SSLError

from services.contract.archive_url import S3Place, parse_archive_url
from services.store import NotStored, StoreError, StoreFull, StoreRefused, StoreRejected, StoreUnavailable
from services.store.s3_errors import translate

PLACE = parse_archive_url("s3://events?endpoint=https://s3.home:9000")
assert isinstance(PLACE, S3Place)


def s3_error(code: str, status: int = 400) -> S3Error:
    return S3Error(HTTPResponse(status=status), code, "Reason given.", "/events/a", None, None)


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (s3_error("NoSuchKey"), NotStored, "S3 at https://s3.home:9000 has no such object in events"),
        (s3_error("NoSuchBucket"), StoreUnavailable, "S3 at https://s3.home:9000 has no bucket events"),
        (
            s3_error("SignatureDoesNotMatch"),
            StoreRefused,
            "S3 at https://s3.home:9000 refused the key for bucket events "
            "(SignatureDoesNotMatch: Reason given); check archive.access_key, archive.secret_key "
            "and what the key may do",
        ),
        (
            s3_error("AuthorizationHeaderMalformed"),
            StoreRefused,
            "S3 at https://s3.home:9000 expects another region (AuthorizationHeaderMalformed: Reason given); "
            "set region in archive.url",
        ),
        (
            s3_error("RequestTimeTooSkewed"),
            StoreRefused,
            "S3 at https://s3.home:9000 has another time than this machine; set the clock that is wrong",
        ),
        (
            s3_error("XMinioStorageFull", 507),
            StoreFull,
            "S3 at https://s3.home:9000 has no room left in bucket events (XMinioStorageFull: Reason given)",
        ),
        (
            s3_error("EntityTooLarge"),
            StoreRejected,
            "S3 at https://s3.home:9000 cannot take this object (EntityTooLarge: Reason given)",
        ),
        (
            s3_error("NeverHeardOf", 418),
            StoreUnavailable,
            "S3 at https://s3.home:9000 is not well (HTTP 418, NeverHeardOf: Reason given)",
        ),
        (
            s3_error("SlowDown", 503),
            StoreUnavailable,
            "S3 at https://s3.home:9000 is not well (HTTP 503, SlowDown: Reason given)",
        ),
        (
            ServerError("failed", 502),
            StoreUnavailable,
            "S3 at https://s3.home:9000 is not well (HTTP 502)",
        ),
        (
            InvalidResponseError(413, "text/html", "<h1>Too large</h1>"),
            StoreRejected,
            "S3 at https://s3.home:9000 cannot take this object (HTTP 413)",
        ),
        (
            InvalidResponseError(407, "text/html", "<h1>Who are you?</h1>"),
            StoreRefused,
            "S3 at https://s3.home:9000 refused us (HTTP 407); "
            "check archive.url and what stands before the server",
        ),
        (
            SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"),
            StoreRefused,
            "S3 at https://s3.home:9000 shows a certificate that is not trusted; "
            "name its CA with ca_file in archive.url",
        ),
        (
            SSLError("[SSL: WRONG_VERSION_NUMBER] wrong version number"),
            StoreRefused,
            "S3 at https://s3.home:9000 does not speak TLS; "
            "if that is right, write http:// in archive.url's endpoint",
        ),
        (
            ProtocolError("Connection aborted."),
            StoreUnavailable,
            "S3 at https://s3.home:9000 is not there (it broke the connection off)",
        ),
    ],
)
def test_each_error_has_its_kind_and_its_sentence(
    error: Exception, kind: type[StoreError], sentence: str
) -> None:
    assert isinstance(PLACE, S3Place)
    ours = translate(error, PLACE)
    assert (type(ours), str(ours)) == (kind, sentence)
