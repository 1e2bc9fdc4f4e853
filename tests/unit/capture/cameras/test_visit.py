"""An answer that is not the picture yet leads to the next request, or to a sentence for people."""

import pytest

from services.capture.cameras.auth import Login
from services.capture.cameras.camera import CameraLost, CameraMisconfigured
from services.capture.cameras.http_message import Head, parse_head
from services.capture.cameras.visit import Visit


def answer(text: str) -> Head:
    parsed = parse_head(text.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    assert parsed is not None
    return parsed[0]


def test_the_password_is_not_part_of_the_request() -> None:
    visit = Visit.to("http://admin:hunter2@cam:8080/live?x=1")
    assert b"GET /live?x=1 HTTP/1.1\r\nHost: cam:8080\r\n" in visit.request()
    assert b"hunter2" not in visit.request()
    assert (
        Visit.to("rtsp://admin:hunter2@cam/live")
        .describe()
        .startswith(b"DESCRIBE rtsp://cam/live RTSP/1.0\r\n")
    )


def test_we_log_in_only_when_asked_to() -> None:
    visit = Visit.to("http://admin:hunter2@cam/live")
    assert b"Authorization" not in visit.request()
    asked = visit.after(answer('HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic realm="x"'))
    assert b"Authorization: Basic YWRtaW46aHVudGVyMg==\r\n" in asked.request()


@pytest.mark.parametrize(
    ("location", "goes_to", "login"),
    [
        ("/other", "http://u:p@cam/other", Login("u", "p")),
        ("https://cam:8443/live", "https://cam:8443/live", Login("u", "p")),
        ("http://else.where/live", "http://else.where/live", None),
        ("http://a:b@else.where/live", "http://a:b@else.where/live", Login("a", "b")),
    ],
)
def test_a_redirect_is_followed_and_a_login_stays_with_its_host(
    location: str, goes_to: str, login: Login | None
) -> None:
    visit = Visit.to("http://u:p@cam/live").after(answer(f"HTTP/1.1 302 Found\nLocation: {location}"))
    assert (visit.url.geturl(), visit.login) == (goes_to, login)


def test_a_login_never_goes_from_an_encrypted_to_an_open_connection() -> None:
    visit = Visit.to("https://u:p@cam/live").after(answer("HTTP/1.1 302 Found\nLocation: http://cam/live"))
    assert visit.login is None


@pytest.mark.parametrize(
    ("url", "text", "error", "sentence"),
    [
        (
            "http://cam/x", "HTTP/1.1 401 Unauthorized", CameraMisconfigured,
            "cam asks for a login; write it into the URL: http://user:password@…",
        ),
        (
            "http://u:p@cam/x", "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Negotiate", CameraMisconfigured,
            "cam asks for another login than a basic or a digest one",
        ),
        (
            "http://cam/x", "HTTP/1.1 404 Not Found", CameraMisconfigured,
            "cam answers 404 Not Found; check the URL's path",
        ),
        ("http://cam/x", "HTTP/1.1 503 Busy", CameraLost, "cam answers 503 Busy"),
        ("http://cam/x", "HTTP/1.1 429", CameraLost, "cam answers 429"),
        (
            "http://cam/", "HTTP/1.1 302 Found\nLocation: ftp://cam/", CameraMisconfigured,
            "cam redirects to what is no http: or https: address",
        ),
    ],
)  # fmt: skip
def test_what_cannot_go_on_gets_its_sentence(
    url: str, text: str, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error) as raised:
        Visit.to(url).after(answer(text))
    assert str(raised.value) == sentence


def test_a_login_that_is_refused_gets_its_sentence() -> None:
    refused = answer('HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic realm="x"')
    visit = Visit.to("http://u:p@cam/x").after(refused)
    with pytest.raises(CameraMisconfigured) as raised:
        visit.after(refused)
    assert str(raised.value) == "cam refuses the login; check user and password in the URL"


ASKS = answer('HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Digest realm="x", nonce="n", qop="auth"')


def test_a_login_that_has_grown_old_is_made_anew_and_not_called_wrong() -> None:
    visit = Visit.to("http://u:p@cam/x").after(ASKS).again()
    assert b"nc=00000002" in visit.request()
    anew = visit.after(ASKS)
    assert b"nc=00000001" in anew.request()
    with pytest.raises(CameraMisconfigured, match="refuses the login"):
        anew.after(ASKS)


def test_a_visit_that_was_not_asked_for_a_login_is_made_again_without_one() -> None:
    visit = Visit.to("http://u:p@cam/x")
    assert visit.again() == visit


def test_a_token_is_sent_and_when_it_is_refused_that_is_said() -> None:
    visit = Visit.to("http://u:p@cam/x", "t0ken")
    assert b"Authorization: Bearer t0ken\r\n" in visit.request()
    with pytest.raises(CameraMisconfigured) as raised:
        visit.after(ASKS)
    assert str(raised.value) == "cam refuses the token; check capture.token"


@pytest.mark.parametrize(
    ("url", "location", "kept"),
    [
        ("https://cam/x", "/y", True),
        ("http://cam/x", "https://cam/y", True),
        ("https://cam/x", "http://cam/y", False),
        ("https://cam/x", "https://else.where/y", False),
    ],
)
def test_a_token_stays_with_its_host_and_never_leaves_an_encrypted_connection(
    url: str, location: str, kept: bool
) -> None:
    visit = Visit.to(url, "t0ken").after(answer(f"HTTP/1.1 302 Found\nLocation: {location}"))
    assert (b"t0ken" in visit.request()) == kept


def test_a_token_cannot_begin_a_header_of_its_own() -> None:
    assert b"\r\nX: 1" not in Visit.to("http://cam/x", "a\r\nX: 1").request()


def test_news_alone_are_asked_for() -> None:
    assert b'If-None-Match: "7"\r\n' in Visit.to("http://cam/x").request({"If-None-Match": '"7"'})
