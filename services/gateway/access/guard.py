"""The guard before every request: nothing but the login and static files answers without authentication."""

import base64
import binascii
import math
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from aiohttp import web

from services.gateway.access.passwords import Passwords, TooFast
from services.gateway.access.sessions import COOKIE, Session, Sessions, is_token_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: What answers to everybody, as the router knows it: a path is compared by nobody else's reading of it.
PUBLIC = frozenset({"/login", "/static"})
#: Where HTTP basic does, for reading: players, scripts and Home Assistant have no cookie.
BASIC = ("/cameras/", "/api/", "/stream.jpg", "/snapshot.jpg")
READING = frozenset({"GET", "HEAD"})
#: And for sending pictures: a device has no page's token, and no other site's page can use a device's login.
SENDING = frozenset({"/api/cameras/{camera}/frames"})
FORM = "application/x-www-form-urlencoded"

SESSION = web.RequestKey("session", Session)


class Guard:
    """Lets a request through, or says how to log in."""

    def __init__(self, sessions: Sessions, passwords: Passwords, public_url: str) -> None:
        self._sessions = sessions
        self._passwords = passwords
        self._public_host = urlsplit(public_url).netloc

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        session = self._sessions.read(request.cookies.get(COOKIE, ""))
        if session:
            request[SESSION] = session
        changes = request.method not in READING
        if changes and not self._is_own_site(request):
            raise web.HTTPForbidden(text="this request comes from another site")
        if not _is_public(request):
            if session is None and not await self._basic(request):
                raise refusal(request)
            if changes and session is not None and not is_token_of(session, await _token(request)):
                raise web.HTTPForbidden(text="the form is too old: reload the page and try again")
        return await handler(request)

    async def _basic(self, request: web.Request) -> bool:
        """Whether it carries a right login as HTTP basic, where that counts."""
        login = basic_login(request.headers.get("Authorization", ""))
        if login is None or not _takes_basic(request):
            return False
        try:
            return await self._passwords.right(request.remote or "", *login)
        except TooFast as fast:
            raise too_fast(fast) from None

    def _is_own_site(self, request: web.Request) -> bool:
        """Browsers say where a request comes from; what says nothing is no browser, so nobody's page."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = request.headers.get("Origin")
        return origin is None or urlsplit(origin).netloc in {request.host, self._public_host} - {""}


def basic_login(authorization: str) -> tuple[str, str] | None:
    """`(user, password)` of an Authorization header; None where it is no HTTP basic."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None


def refusal(request: web.Request) -> web.HTTPException:
    """To the login for who reads pages, 401 for everything else."""
    wants_page = request.method in READING and "text/html" in request.headers.get("Accept", "")
    if wants_page and not request.path.startswith("/api/") and not request.path.endswith((".jpg", ".mjpeg")):
        back = "" if request.path == "/" else f"?next={quote(request.path_qs, safe='/')}"
        return web.HTTPSeeOther(f"/login{back}")
    headers = {}
    if request.path.startswith(BASIC) and not _from_our_page(request):
        headers["WWW-Authenticate"] = 'Basic realm="Nightjar", charset="UTF-8"'
    if request.headers.get("Authorization", "").lower().startswith("bearer"):
        text = "bearer tokens are not known here: send the dashboard's user and password as HTTP basic"
        return web.HTTPUnauthorized(text=text, headers=headers)
    return web.HTTPUnauthorized(text="log in first", headers=headers)


def too_fast(fast: TooFast) -> web.HTTPException:
    return web.HTTPTooManyRequests(text=str(fast), headers={"Retry-After": str(seconds(fast))})


def seconds(fast: TooFast) -> int:
    return math.ceil(fast.wait_s)


def _is_public(request: web.Request) -> bool:
    return _route(request) in PUBLIC


def _takes_basic(request: web.Request) -> bool:
    if request.method in READING:
        return request.path.startswith(BASIC)
    return _route(request) in SENDING


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""


def _from_our_page(request: web.Request) -> bool:
    """On our own pages a session that ended leads to the login, not to the browser's password box."""
    return (
        request.headers.get("Sec-Fetch-Site") == "same-origin"
        or urlsplit(request.headers.get("Referer", "")).netloc == request.host
    )


async def _token(request: web.Request) -> str:
    if token := request.headers.get("X-CSRF-Token"):
        return token
    if request.content_type != FORM:  # our pages send no other; a picture is not read before it is wanted
        return ""
    value = (await request.post()).get("csrf", "")
    return value if isinstance(value, str) else ""
