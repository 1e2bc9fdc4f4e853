"""One URL, one store; what cannot be right is said before anything is asked of a server."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.store import open_store


def test_a_folder_needs_no_key(tmp_path: Path) -> None:
    assert open_store(tmp_path.as_uri()).describe() == tmp_path.as_uri()


def test_a_store_on_s3_names_its_bucket_and_prefix_but_no_secret() -> None:
    store = open_store("s3://nightjar/home?endpoint=http://127.0.0.1:9", "the-key", "the-secret")
    assert (store.bucket, store.describe(), store.url_of("a/b.jpg")) == (
        "nightjar",
        "s3://nightjar/home",
        "s3://nightjar/home/a/b.jpg",
    )


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("s3://bucket", "archive.url is on S3, which needs archive.access_key and archive.secret_key"),
        (
            "ftp://host/archive",
            "archive.url does not know ftp://; it can be s3://, file: or https://, "
            "like s3://bucket/prefix?endpoint=http://s3:9000, file:///srv/nightjar or "
            "https://cloud.example.org/frames",
        ),
    ],
)
def test_what_cannot_be_right_is_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"archive\.url") as caught:
        open_store(url)
    assert str(caught.value) == sentence


def test_a_missing_ca_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"archive\.url names the ca_file .*no\.pem, which holds no certificate"
    ):
        open_store(f"s3://bucket?endpoint=https://s3&ca_file={tmp_path}/no.pem", "key", "secret")


def test_whoever_keeps_events_in_a_folder_needs_no_minio(tmp_path: Path) -> None:
    program = f"import sys; from services.store import open_store; open_store({tmp_path.as_uri()!r}); "
    program += "sys.exit('minio' in sys.modules or 'urllib3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
