"""Seen from outside: HTTPS, a reverse proxy in front, pages of other sites."""

import http.client
import socket
import ssl
from pathlib import Path

from services.gateway.access.caller import Scope
from services.runtime.mqtt import BrokerAddress
from tests.integration.gateway.conftest import Scene, make_settings, staged
from tests.integration.gateway.http import BASIC

SITE = "https://home.example"
PREFLIGHT = {"Origin": SITE, "Access-Control-Request-Method": "GET"}


# -- HTTPS -----------------------------------------------------------------------------------------------


def test_https_with_a_certificate_of_its_own(tmp_path: Path, address: BrokerAddress) -> None:
    with staged(make_settings(tmp_path, gateway={"https": True}), address) as scene:
        trusted = ssl.create_default_context(cafile=str(tmp_path / "state" / "gateway" / "https.crt"))
        connection = http.client.HTTPSConnection("localhost", scene.port, timeout=5, context=trusted)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/login", "user=admin&password=secret", form)
        answer = connection.getresponse()
        connection.close()
        cookie = answer.headers["Set-Cookie"]
        assert (answer.status, "Secure" in cookie) == (303, True)


# -- a proxy ---------------------------------------------------------------------------------------------

FORWARDED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "cameras.example",
}


def log_in_from_afar(scene: Scene) -> str:
    form = {"user": "admin", "password": "secret"}
    answer = scene.browser().post("/login", form, {**FORWARDED, "Origin": "https://cameras.example"})
    return f"{answer.status} {'Secure' in answer.headers.get('Set-Cookie', '')}"


def test_a_trusted_proxy_says_whose_request_it_is(tmp_path: Path, address: BrokerAddress) -> None:
    with staged(make_settings(tmp_path, gateway={"trusted_proxies": ["127.0.0.1"]}), address) as scene:
        assert log_in_from_afar(scene) == "303 True"
        assert scene.service._entrance.audit.latest()[0].address == "203.0.113.7"


def test_what_the_client_itself_claimed_stands_before_the_proxys_word(
    tmp_path: Path, address: BrokerAddress
) -> None:
    with staged(make_settings(tmp_path, gateway={"trusted_proxies": ["127.0.0.1"]}), address) as scene:
        lines = [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Host", "cameras.example")]
        lines += [("X-Forwarded-Proto", "http"), ("X-Forwarded-Proto", "https")]
        head = "".join(
            f"{name}: {value}\r\n" for name, value in [*lines, ("Origin", "https://cameras.example")]
        )
        form = b"user=admin&password=secret"
        typed = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
        with socket.create_connection(("127.0.0.1", scene.port), timeout=10) as sock:
            sock.sendall(f"POST /login HTTP/1.1\r\nHost: gateway\r\n{head}{typed}\r\n".encode() + form)
            answer = sock.recv(65536)
        assert b" 303 " in answer.splitlines()[0]
        assert b"Secure" in answer


def test_nobody_else_is_believed(scene: Scene) -> None:
    assert log_in_from_afar(scene) == "403 False"
    scene.browser().post("/login", {"user": "admin", "password": "secret"}, FORWARDED)
    assert scene.service._entrance.audit.latest()[0].address == "127.0.0.1"


# -- other sites -----------------------------------------------------------------------------------------


def test_no_other_site_may_read_anything_by_default(scene: Scene) -> None:
    answer = scene.browser().get("/api/cameras", {**BASIC, "Origin": SITE})
    assert answer.headers["Access-Control-Allow-Origin"] is None
    assert scene.browser().get("/api/cameras", PREFLIGHT, method="OPTIONS").status in (401, 403)


def test_a_listed_site_reads_with_a_token_and_never_with_a_cookie(
    tmp_path: Path, address: BrokerAddress
) -> None:
    with staged(make_settings(tmp_path, gateway={"cors_origins": [SITE]}), address) as scene:
        asked = scene.browser().get("/api/cameras", PREFLIGHT, method="OPTIONS")
        assert (asked.status, asked.headers["Access-Control-Allow-Origin"]) == (204, SITE)
        token = scene.service._entrance.tokens.add("wall", Scope.VIEW)
        read = scene.browser().get("/api/cameras", {"Authorization": f"Bearer {token}", "Origin": SITE})
        assert (read.status, read.headers["Access-Control-Allow-Origin"]) == (200, SITE)
        assert read.headers["Vary"] == "Origin"
        assert read.headers["Access-Control-Allow-Credentials"] is None
        for origin in ("https://evil.example", "null", f"{SITE}.evil.example"):
            other = scene.browser().get("/api/cameras", {**PREFLIGHT, "Origin": origin}, method="OPTIONS")
            assert other.headers["Access-Control-Allow-Origin"] is None
        by_cookie = scene.logged_in().post("/api/cameras/door/trigger", headers={"Origin": SITE})
        assert by_cookie.status == 403
