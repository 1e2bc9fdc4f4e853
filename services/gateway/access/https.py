"""HTTPS: with the certificate that is given, or with one of our own that the first start makes."""

import ipaddress
import logging
import socket
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.contract.settings import GatewaySettings
from services.runtime.errors import UserError
from services.runtime.state import replace_file

log = logging.getLogger(__name__)

LASTS = timedelta(days=397)  # browsers take none that lasts longer
RENEW = timedelta(days=30)


class Https:
    """The TLS side of our port. A certificate that was replaced on disk is taken up by `refresh`."""

    def __init__(self, cert_file: Path, key_file: Path | None) -> None:
        self._files = (cert_file, key_file)
        self._stamps = self._look()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self._load()

    def refresh(self) -> None:
        """New connections get the new certificate; a broken one is said, and the old one stays."""
        stamps = self._look()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            self._load()
            log.info("took up the new certificate in %s", self._files[0])
        except UserError as error:
            log.warning("%s; the certificate before it stays", error)

    def _load(self) -> None:
        cert_file, key_file = self._files
        try:
            self.context.load_cert_chain(cert_file, key_file, password=_no_password)
        except (OSError, ssl.SSLError, _Encrypted) as error:
            reason = getattr(error, "strerror", None) or str(error)
            names = f"gateway.cert_file {cert_file}" + (
                f" and gateway.key_file {key_file}" if key_file else ""
            )
            raise UserError(f"{names} cannot be used ({reason.lower()}): both are to be PEM") from None

    def _look(self) -> list[tuple[int, int]]:
        seen = []
        for path in self._files:
            try:
                stat = path.stat() if path else None
            except OSError:
                stat = None
            seen.append((stat.st_mtime_ns, stat.st_ino) if stat else (0, 0))
        return seen


def open_https(gateway: GatewaySettings, folder: Path) -> Https | None:
    """What the settings ask for; None: plain HTTP. Raises UserError where the certificate is of no use."""
    if not gateway.https:
        return None
    if gateway.cert_file:
        return Https(gateway.cert_file, gateway.key_file)
    cert, key = folder / "https.crt", folder / "https.key"
    names = names_of(gateway)
    if not still_good(cert, key, names, datetime.now(UTC)):
        made_key, made = self_signed(names, datetime.now(UTC))
        replace_file(key, made_key)
        replace_file(cert, made)
        log.info("made a certificate of our own for %s", ", ".join(names))
    log.info("browsers will warn of our own certificate; its SHA-256 is %s", fingerprint(cert.read_bytes()))
    return Https(cert, key)


def names_of(gateway: GatewaySettings) -> list[str]:
    """How people may call this machine."""
    given = urlsplit(gateway.public_url).hostname
    names = [given, "localhost", "127.0.0.1", "::1", socket.gethostname()]
    return list(dict.fromkeys(name for name in names if name))


def self_signed(names: Iterable[str], now: datetime) -> tuple[bytes, bytes]:
    """`(key, certificate)` in PEM, for 397 days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Nightjar")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, certificate.public_bytes(serialization.Encoding.PEM)


def still_good(cert: Path, key: Path, names: Iterable[str], now: datetime) -> bool:
    """Whether what an earlier start made lasts a while yet, and has all the names."""
    try:
        certificate = x509.load_pem_x509_certificate(cert.read_bytes())
        known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    wanted = {_general_name(name) for name in names}
    return key.exists() and wanted <= set(known) and now < certificate.not_valid_after_utc - RENEW


def fingerprint(pem: bytes) -> str:
    """As browsers show it: `AB:CD:…`."""
    return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex(":").upper()


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode())


class _Encrypted(Exception):
    """A key with a passphrase."""


def _no_password() -> str:
    raise _Encrypted("the key has a passphrase")
