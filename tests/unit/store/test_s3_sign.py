"""Our signature is that of minio's client, which is that of AWS."""

from datetime import UTC, datetime
from urllib.parse import SplitResult

import pytest
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3

from services.store.s3_put import meta_headers, sign

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
KEY = Credentials("AKIA-some", "a secret/with+signs")


@pytest.mark.parametrize(
    "path", ["/bucket/yard/a.jpg", "/bucket/yard/a%20b%2B%C3%BC~%281%29.jpg", "/yard/2026/11/20/x.jpg"]
)
def test_a_signature_is_the_one_that_minios_client_makes(path: str) -> None:
    headers = {
        "host": "s3.home:9000",
        "content-type": "image/jpeg",
        **meta_headers({"camera": "yard", "reason": " Klingel  ü "}),
        "x-amz-tagging": "camera=yard&event=1",
    }
    ours = sign(path, headers, "ab" * 32, key=KEY, region="eu-central-1", now=NOW)
    theirs = sign_v4_s3(
        method="PUT",
        url=SplitResult("https", "s3.home:9000", path, "", ""),
        region="eu-central-1",
        headers={**headers, "x-amz-content-sha256": "ab" * 32, "x-amz-date": "20261120T083000Z"},
        credentials=KEY,
        content_sha256="ab" * 32,
        date=NOW,
    )
    assert ours["authorization"] == theirs["Authorization"]
