"""Encrypted cameras: an authority, a pinned certificate, or a sentence that says what to write where."""

import hashlib
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.capture.cameras import CameraMisconfigured, CameraOptions
from tests.integration.capture.mjpeg_server import MjpegServer, serving
from tests.integration.capture.test_http import FRAMES, failure, stream, take


def self_signed(folder: Path, name: str) -> Path:
    """The certificate of a camera that signs its own; its key lies beside it."""
    cert = folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=camera", "-addext", f"subjectAltName={name}",
         "-keyout", folder / "key.pem", "-out", cert],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return cert


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")


@pytest.fixture
def server(certificate: Path) -> Iterator[MjpegServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with serving(stream, context) as server:
        yield server


def fingerprint(certificate: Path) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).digest().hex(":").upper()


def test_a_certificate_that_nobody_signed_is_refused_and_its_fingerprint_told(
    server: MjpegServer, certificate: Path
) -> None:
    assert failure(server.url(scheme="https"), CameraMisconfigured) == (
        f"the certificate of 127.0.0.1:{server.port} is not trusted: self-signed certificate; if it is the "
        f"camera's own, write its fingerprint into capture.certificate_sha256: {fingerprint(certificate)}"
    )
    assert server.requests == []


def test_an_authority_of_our_own_is_believed(server: MjpegServer, certificate: Path) -> None:
    assert take(server.url(scheme="https"), 6, CameraOptions(ca_file=certificate)) == FRAMES


@pytest.mark.parametrize("written", [str.upper, str.lower, lambda pin: pin.replace(":", "")])
def test_a_pinned_certificate_is_believed_however_it_is_written(
    server: MjpegServer, certificate: Path, written: object
) -> None:
    assert callable(written)
    pin = written(fingerprint(certificate))
    assert take(server.url(scheme="https"), 6, CameraOptions(certificate_sha256=pin)) == FRAMES


@pytest.mark.parametrize("verify_tls", [True, False])
def test_another_certificate_than_the_pinned_one_is_refused_before_anything_is_asked(
    server: MjpegServer, certificate: Path, verify_tls: bool
) -> None:
    options = CameraOptions(certificate_sha256="AB" * 32, verify_tls=verify_tls, token="t0ken")
    assert failure(server.url(scheme="https"), CameraMisconfigured, options) == (
        f"127.0.0.1:{server.port} shows another certificate than the one in capture.certificate_sha256; "
        f"if the camera got a new one, write there {fingerprint(certificate)}"
    )
    assert server.requests == []


def test_a_certificate_is_not_checked_where_nobody_wants_it(server: MjpegServer) -> None:
    assert take(server.url(scheme="https"), 6, CameraOptions(verify_tls=False)) == FRAMES


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    cert = self_signed(tmp_path, "DNS:elsewhere.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, cert.with_name("key.pem"))
    with serving(stream, context) as server:
        sentence = failure(server.url(scheme="https"), CameraMisconfigured, CameraOptions(ca_file=cert))
    assert "is not trusted: IP address mismatch" in sentence
    assert sentence.endswith(fingerprint(cert))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_is_said_to_be_so(
    server: MjpegServer, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    assert failure(server.url(scheme="https"), CameraMisconfigured, CameraOptions(ca_file=file)) == (
        f'"{file}" holds no certificates that can be read; check capture.ca_file'
    )
