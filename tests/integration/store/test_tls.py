"""Over TLS an archive is believed only if its certificate is: S3, and somebody's own server."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.store import StoreRefused, open_store
from tests import backends
from tests.real import S3Server
from tests.servers.posted import PostServer
from tests.servers.wire import Wire

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that has signed itself, and its key."""
    if not backends.find("openssl"):
        pytest.skip("there is no openssl on PATH to make certificates with")
    folder = tmp_path_factory.mktemp("certificate")
    names = ["-subj", "/CN=archive", "-addext", "subjectAltName=IP:127.0.0.1"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = ["openssl", "req", "-x509", *kind, *names, "-keyout", "key", "-out", "pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "pem", folder / "key"


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


class TestS3:
    @pytest.fixture
    def url(self, s3_server: S3Server, tls: ssl.SSLContext) -> Iterator[str]:
        with Wire(s3_server.port, tls=tls) as wire:
            yield f"s3://{s3_server.make_bucket()}?endpoint=https://127.0.0.1:{wire.port}"

    def test_with_its_ca_everything_goes(
        self, s3_server: S3Server, url: str, certificate: tuple[Path, Path]
    ) -> None:
        pem, _ = certificate
        store = open_store(f"{url}&ca_file={pem}", s3_server.access_key, s3_server.secret_key)
        jpeg = bytes(range(256)) * 400
        for _ in range(3):
            store.put("yard/a.jpg", jpeg, "image/jpeg", {"camera": "yard"})
        assert store.get("yard/a.jpg") == jpeg
        assert [each.key for each in store.list()] == ["yard/a.jpg"]
        store.close()

    def test_without_it_nothing_does(self, s3_server: S3Server, url: str) -> None:
        store = open_store(url, s3_server.access_key, s3_server.secret_key)
        with pytest.raises(StoreRefused, match="a certificate that is not trusted; name its CA with ca_file"):
            store.put("yard/a.jpg", b"jpeg")
        store.close()


class TestSomebodysOwnServer:
    def test_with_its_ca_is_posted_to(self, tls: ssl.SSLContext, certificate: tuple[Path, Path]) -> None:
        with PostServer(tls=tls) as server:
            store = open_store(server.url, token="right", ca_file=certificate[0])
            store.put("yard/a.jpg", b"jpeg")
            store.close()
            assert [post.data for post in server.posts] == [b"jpeg"]

    def test_without_it_gets_nothing(self, tls: ssl.SSLContext) -> None:
        with PostServer(tls=tls) as server:
            store = open_store(server.url, token="right")
            with pytest.raises(StoreRefused, match=r"name its CA as archive\.ca_file"):
                store.put("yard/a.jpg", b"jpeg")
            store.close()
            assert server.asked == 0
