"""The guard before every request: nothing but the login and static files answers without authentication."""

import math
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from aiohttp import web

from services.gateway.access.accounts import Accounts
from services.gateway.access.audit import Audit
from services.gateway.access.caller import CALLER, Caller, Scope, needed
from services.gateway.access.credentials import basic_login, bearer_token
from services.gateway.access.form import form_of
from services.gateway.access.passwords import Passwords, TooFast
from services.gateway.access.sessions import COOKIE, Session, Sessions, is_token_of
from services.gateway.access.tokens import Tokens
from services.gateway.access.welcome import WELCOME, Welcome

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: What answers to everybody, as the router knows it: a path is compared by nobody else's reading of it.
PUBLIC = frozenset({"/login", "/static"})
#: Where HTTP basic and tokens do, for reading: players, scripts and Home Assistant have no cookie.
BASIC = ("/cameras/", "/api/", "/stream.jpg", "/snapshot.jpg")
READING = frozenset({"GET", "HEAD"})
FORM = "application/x-www-form-urlencoded"

SESSION = web.RequestKey("session", Session)


class Guard:
    """Lets a request through, or says how to log in."""

    def __init__(
        self,
        sessions: Sessions,
        accounts: Accounts,
        passwords: Passwords,
        *,
        tokens: Tokens,
        audit: Audit,
        public_url: str,
    ) -> None:
        self._sessions = sessions
        self._accounts = accounts
        self._passwords = passwords
        self._tokens = tokens
        self._audit = audit
        self._public_host = urlsplit(public_url).netloc

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        reads = request.method in READING
        caller = None if _is_public(request) else await self._caller(request)
        opens = "Upgrade" in request.headers  # a WebSocket, which other sites' pages may open as well
        if caller is None and (opens or not reads) and not self._is_own_site(request):
            raise web.HTTPForbidden(text="this request comes from another site")
        if _is_public(request):
            self._session(request)
            return await handler(request)
        need = needed(request.match_info.handler, reads=reads)
        if caller is None:
            caller = self._by_session(request) or await self._by_basic(request, need)
        if caller is None:
            raise refusal(request)
        if not caller.may(need):
            raise web.HTTPForbidden(text=_not_enough(caller, need))
        if not reads and SESSION in request and not is_token_of(request[SESSION], await _token(request)):
            raise web.HTTPForbidden(text="the form is too old: reload the page and try again")
        request[CALLER] = caller
        if need is not Scope.ADMIN or reads:
            return await handler(request)
        return await self._noted(request, handler, caller)

    async def _caller(self, request: web.Request) -> Caller | None:
        """Who a bearer token says it is: nothing that a browser sends along by itself. Raises 401."""
        token = bearer_token(request.headers.get("Authorization", ""))
        if token is None or not request.path.startswith(BASIC):
            return None
        if caller := self._tokens.caller(token):
            request[WELCOME] = Welcome(self._tokens.caller, token)
            return caller
        headers = {"WWW-Authenticate": 'Bearer realm="Nightjar", error="invalid_token"'}
        text = "this token is not known here, or it has ended: 'nightjar token add NAME --scope …' makes one"
        raise web.HTTPUnauthorized(text=text, headers=headers)

    def _session(self, request: web.Request) -> Session | None:
        session = self._sessions.read(request.cookies.get(COOKIE, ""))
        if session:
            request[SESSION] = session
            request[WELCOME] = Welcome(self._sessions.holds, session)
        return session

    def _by_session(self, request: web.Request) -> Caller | None:
        session = self._session(request)
        scope = self._accounts.scope_of(session.user) if session else None
        return Caller(session.user, scope, session.ends) if session and scope else None

    async def _by_basic(self, request: web.Request, need: Scope) -> Caller | None:
        """Who a right login as HTTP basic is, where that counts: to read, and to send pictures."""
        login = basic_login(request.headers.get("Authorization", ""))
        takes = request.method in READING or need is Scope.INGEST
        if login is None or not takes or not request.path.startswith(BASIC):
            return None
        address, known = request.remote or "", self._accounts.hash_of(login[0])
        try:
            right = await self._passwords.right(address, *login)
        except TooFast as fast:
            raise too_fast(fast) from None
        scope = self._accounts.scope_of(login[0])
        if right and scope:
            request[WELCOME] = Welcome(self._accounts.still_has, (login[0], known))
            return Caller(login[0], scope)
        self._audit.failed(login[0], address)
        return None

    async def _noted(self, request: web.Request, handler: Handler, caller: Caller) -> web.StreamResponse:
        """A change that was made is on record."""
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            if answer.status < 400:
                self._audit.change(caller.name, request)
            raise
        self._audit.change(caller.name, request)
        return response

    def _is_own_site(self, request: web.Request) -> bool:
        """Browsers say where a request comes from; what says nothing is no browser, so nobody's page."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = request.headers.get("Origin")
        return origin is None or _site(origin) in {request.host, self._public_host} - {""}


def refusal(request: web.Request) -> web.HTTPException:
    """To the login for who reads pages, 401 for everything else."""
    wants_page = request.method in READING and "text/html" in request.headers.get("Accept", "")
    if wants_page and not request.path.startswith("/api/") and not request.path.endswith((".jpg", ".mjpeg")):
        back = "" if request.path == "/" else f"?next={quote(request.path_qs, safe='/')}"
        return web.HTTPSeeOther(f"/login{back}")
    headers = {}
    if request.path.startswith(BASIC) and not _from_our_page(request):
        headers["WWW-Authenticate"] = 'Basic realm="Nightjar", charset="UTF-8"'
    return web.HTTPUnauthorized(text="log in first", headers=headers)


def too_fast(fast: TooFast) -> web.HTTPException:
    return web.HTTPTooManyRequests(text=str(fast), headers={"Retry-After": str(seconds(fast))})


def seconds(fast: TooFast) -> int:
    return math.ceil(fast.wait_s)


def _not_enough(caller: Caller, need: Scope) -> str:
    return f"'{caller.name}' may {caller.scope} here, but this needs the scope {need}"


def _is_public(request: web.Request) -> bool:
    resource = request.match_info.route.resource
    return bool(resource) and resource.canonical in PUBLIC  # type: ignore[union-attr]


def _from_our_page(request: web.Request) -> bool:
    """On our own pages a session that ended leads to the login, not to the browser's password box."""
    return (
        request.headers.get("Sec-Fetch-Site") == "same-origin"
        or _site(request.headers.get("Referer", "")) == request.host
    )


def _site(url: str) -> str:
    """Its host and port; empty where it has none."""
    try:
        return urlsplit(url).netloc
    except ValueError:  # half an IPv6 address
        return ""


async def _token(request: web.Request) -> str:
    if token := request.headers.get("X-CSRF-Token"):
        return token
    if request.content_type != FORM:  # our pages send no other; a picture is not read before it is wanted
        return ""
    return (await form_of(request)).get("csrf", "")
