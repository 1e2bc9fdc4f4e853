"""What stands in an `Authorization` header."""

import base64


def basic_login(authorization: str) -> tuple[str, str] | None:
    """`(user, password)` of HTTP basic; None where it is none."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # no base64, or no UTF-8
        return None
    return (user, password) if colon else None


def bearer_token(authorization: str) -> str | None:
    """The token of a bearer; None where it is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
