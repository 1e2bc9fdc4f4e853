import base64

import pytest

from services.gateway.access.credentials import basic_login, bearer_token
from services.gateway.access.doors import safe_path


def header(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("authorization", "login"),
    [
        (header("admin:secret"), ("admin", "secret")),
        (header("admin:with:colons"), ("admin", "with:colons")),
        (header("ädmin:pässword"), ("ädmin", "pässword")),
        (header("admin:").lower().replace("basic", "BASIC"), None),
        (header("nocolon"), None),
        ("Bearer abc", None),
        ("Basic", None),
        ("Basic ???", None),
        ("Basic gICA", None),
        ("", None),
    ],
)
def test_basic_logins_are_read_and_anything_else_is_none(
    authorization: str, login: tuple[str, str] | None
) -> None:
    assert basic_login(authorization) == login


@pytest.mark.parametrize(
    ("authorization", "token"),
    [("Bearer nj_abc", "nj_abc"), ("bearer  nj_abc ", "nj_abc"), ("Basic abc", None), ("", None)],
)
def test_bearer_tokens_are_read(authorization: str, token: str | None) -> None:
    assert bearer_token(authorization) == token


@pytest.mark.parametrize("path", ["/", "/events?camera=door", "/cameras/front-door"])
def test_after_the_login_one_is_where_one_wanted_to_go(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "https://elsewhere",
        "//elsewhere",
        "/\\elsewhere",
        "/a\\b",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x",
    ],
)
def test_a_login_link_leads_nowhere_else(path: str) -> None:
    assert safe_path(path) == "/"
