import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.contract.settings import GatewaySettings
from services.gateway.access.https import (
    LASTS,
    RENEW,
    Https,
    fingerprint,
    names_of,
    open_https,
    self_signed,
    still_good,
)
from services.runtime.errors import UserError

NOW = datetime.now(UTC)


def settings(**values: object) -> GatewaySettings:
    return GatewaySettings.model_validate({"https": True, **values})


def test_without_https_there_is_none(tmp_path: Path) -> None:
    assert open_https(GatewaySettings(), tmp_path) is None


def test_the_first_start_makes_a_certificate_and_the_next_ones_keep_it(tmp_path: Path) -> None:
    assert open_https(settings(), tmp_path)
    made = (tmp_path / "https.crt").read_bytes()
    assert (tmp_path / "https.key").stat().st_mode & 0o077 == 0
    assert open_https(settings(), tmp_path)
    assert (tmp_path / "https.crt").read_bytes() == made
    assert len(fingerprint(made).split(":")) == 32


def test_another_name_or_its_end_makes_a_new_one(tmp_path: Path) -> None:
    cert, key = tmp_path / "c", tmp_path / "k"
    made_key, made = self_signed(["localhost", "127.0.0.1"], NOW)
    cert.write_bytes(made)
    key.write_bytes(made_key)
    assert still_good(cert, key, ["localhost"], NOW)
    assert not still_good(cert, key, ["cameras.example"], NOW)
    assert not still_good(cert, key, ["localhost"], NOW + LASTS - RENEW + timedelta(minutes=1))
    key.unlink()
    assert not still_good(cert, key, ["localhost"], NOW)


def test_it_has_the_name_that_people_use() -> None:
    names = names_of(settings(public_url="https://cameras.example:8443"))
    assert names[:4] == ["cameras.example", "localhost", "127.0.0.1", "::1"]


def test_a_given_certificate_that_is_of_no_use_is_the_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("nonsense")
    for cert_file in ("missing.pem", "cert.pem"):
        with pytest.raises(UserError, match=rf"^gateway\.cert_file .*{cert_file} cannot be used"):
            open_https(settings(cert_file=tmp_path / cert_file), tmp_path)


def test_a_certificate_that_was_renewed_is_taken_up_and_a_broken_one_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cert = tmp_path / "both.pem"
    key, made = self_signed(["localhost"], NOW)
    cert.write_bytes(key + made)
    https = Https(cert, None)
    os.utime(cert, ns=(1, 1))
    cert.write_text("half of it")
    https.refresh()
    assert "the certificate before it stays" in caplog.text
    key, made = self_signed(["localhost"], NOW)
    cert.write_bytes(key + made)
    os.utime(cert, ns=(2, 2))
    with caplog.at_level("INFO"):
        https.refresh()
    assert "took up the new certificate" in caplog.text
    assert https.context.minimum_version is ssl.TLSVersion.TLSv1_2
