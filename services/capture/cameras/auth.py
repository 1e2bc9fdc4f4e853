"""HTTP's and RTSP's two ways to log in: basic (RFC 7617) and digest (RFC 7616, and the older RFC 2069)."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.request import parse_http_list, parse_keqv_list

_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are to a camera."""

    user: str
    password: str


def authorization(
    challenges: Sequence[str],
    login: Login,
    method: str,
    uri: str,
    *,
    count: int = 1,
    make_nonce: Callable[[], str] = lambda: secrets.token_hex(8),
) -> str | None:
    """The Authorization header that answers a 401's WWW-Authenticate headers; None where we cannot.

    The strongest way that is offered is taken: digest with SHA-256, digest with MD5, basic. `count` says how
    often these challenges were answered, this time included: a digest must not be the same twice.
    """
    offers = [challenge.strip().partition(" ")[::2] for challenge in challenges]
    digests = [_parameters(rest) for way, rest in offers if way.lower() == "digest"]
    for algorithm in ("SHA-256", "MD5"):
        for digest in digests:
            if digest.get("algorithm", "MD5").upper() == algorithm and {"realm", "nonce"} <= digest.keys():
                return _digest(
                    digest, _HASHES[algorithm], login, method, uri, count=count, client_nonce=make_nonce()
                )
    if any(way.lower() == "basic" for way, _ in offers):
        pair = f"{login.user}:{login.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"
    return None


def _digest(
    asked: dict[str, str],
    algorithm: str,
    login: Login,
    method: str,
    uri: str,
    *,
    count: int,
    client_nonce: str,
) -> str:
    def digest(*parts: str) -> str:
        return hashlib.new(algorithm, ":".join(parts).encode(), usedforsecurity=False).hexdigest()

    who = digest(login.user, asked["realm"], login.password)
    what = digest(method, uri)
    fields = {"username": login.user, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri}
    plain: dict[str, str] = {}
    if "auth" in [quality.strip() for quality in asked.get("qop", "").split(",")]:
        nc = f"{count:08x}"
        fields |= {"cnonce": client_nonce}
        plain |= {"qop": "auth", "nc": nc}
        fields["response"] = digest(who, asked["nonce"], nc, client_nonce, "auth", what)
    else:
        fields["response"] = digest(who, asked["nonce"], what)
    if "opaque" in asked:
        fields["opaque"] = asked["opaque"]
    if "algorithm" in asked:
        plain["algorithm"] = asked["algorithm"]
    quoted = [f'{name}="{_escaped(value)}"' for name, value in fields.items()]
    return "Digest " + ", ".join(quoted + [f"{name}={value}" for name, value in plain.items()])


def _parameters(text: str) -> dict[str, str]:
    pairs = [part for part in parse_http_list(text) if "=" in part]
    return {name.lower(): value for name, value in parse_keqv_list(pairs).items()}


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
