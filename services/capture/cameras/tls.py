"""Whom to believe on an encrypted connection: an authority, one certificate, or, where told so, anybody."""

import hashlib
import ssl

from services.capture.cameras.camera import CameraMisconfigured, CameraOptions


def context_for(options: CameraOptions) -> ssl.SSLContext:
    """TLS as the options want it. Raises `CameraMisconfigured` where the authority's file is none.

    A pinned certificate is compared after the handshake, see `check_pin`: who signed it, for which name and
    until when, does not matter then.
    """
    if options.certificate_sha256 or not options.verify_tls:
        return unverified()
    try:
        return ssl.create_default_context(cafile=options.ca_file)
    except OSError as error:  # an SSLError, where there is no certificate in it, is one too
        raise CameraMisconfigured(
            f'"{options.ca_file}" holds no certificates that can be read; check capture.ca_file'
        ) from error


def unverified() -> ssl.SSLContext:
    """Encrypted, but whoever answers is believed: cameras sign their own certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate in DER, as browsers and openssl show it."""
    return hashlib.sha256(certificate).digest().hex(":").upper()


def check_pin(certificate: bytes, pin: str, where: str) -> None:
    """Raises `CameraMisconfigured` unless this is the certificate that was pinned."""
    if fingerprint(certificate).replace(":", "") != pin.replace(":", "").upper():
        raise CameraMisconfigured(
            f"{where} shows another certificate than the one in capture.certificate_sha256; "
            f"if the camera got a new one, write there {fingerprint(certificate)}"
        )


def not_trusted(certificate: bytes, where: str, why: str) -> CameraMisconfigured:
    """What to tell people about a certificate that nobody whom we know has signed."""
    return CameraMisconfigured(
        f"the certificate of {where} is not trusted: {why}; if it is the camera's own, write its fingerprint "
        f"into capture.certificate_sha256: {fingerprint(certificate)}"
    )
