"""The login page, and the way out."""

from collections.abc import Callable

from aiohttp import web

from services.gateway.access.audit import Audit
from services.gateway.access.caller import Scope, needs
from services.gateway.access.form import form_of
from services.gateway.access.guard import SESSION, seconds
from services.gateway.access.passwords import Passwords, TooFast
from services.gateway.access.sessions import COOKIE, Sessions

Render = Callable[..., web.Response]


class Doors:
    """`/login` and `/logout`."""

    def __init__(
        self, passwords: Passwords, sessions: Sessions, audit: Audit, render: Render, *, secure: bool
    ) -> None:
        self._passwords = passwords
        self._sessions = sessions
        self._audit = audit
        self._render = render
        self._secure = secure

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/login", self.ask),
            web.post("/login", self.log_in),
            web.post("/logout", self.log_out),
        ]

    async def ask(self, request: web.Request) -> web.StreamResponse:
        if request.get(SESSION):
            raise web.HTTPSeeOther(safe_path(request.query.get("next", "/")))
        return self._page(request, onward=safe_path(request.query.get("next", "/")))

    async def log_in(self, request: web.Request) -> web.StreamResponse:
        form = await form_of(request)
        user, password = form.get("user", ""), form.get("password", "")
        address, onward = request.remote or "", safe_path(form.get("next", "/"))
        try:
            right = await self._passwords.right(address, user, password)
        except TooFast as fast:
            page = self._page(request, f"{str(fast).capitalize()}.", user, onward, status=429)
            page.headers["Retry-After"] = str(seconds(fast))
            return page
        if not right:
            self._audit.failed(user, address)
            return self._page(request, "That user and password do not match.", user, onward, status=401)
        self._audit.note(user, address, "logged in")
        if SESSION in request:  # what this browser had before, whoever gave it that
            self._sessions.end(request[SESSION])
        response = web.HTTPSeeOther(onward)
        session = self._sessions.begin(user)
        response.set_cookie(
            COOKIE,
            self._sessions.write(session),
            max_age=int(self._sessions.max_age_s),
            httponly=True,
            samesite="Lax",
            secure=self._secure or request.secure,
        )
        raise response

    @needs(Scope.VIEW)
    async def log_out(self, request: web.Request) -> web.StreamResponse:
        self._sessions.end(request[SESSION])
        self._audit.note(request[SESSION].user, request.remote or "", "logged out")
        response = web.HTTPSeeOther("/login")
        response.del_cookie(COOKIE)
        raise response

    def _page(
        self, request: web.Request, problem: str = "", user: str = "", onward: str = "/", *, status: int = 200
    ) -> web.Response:
        return self._render(request, "login.html", status=status, problem=problem, user=user, next=onward)


def safe_path(path: str) -> str:
    """A path of our own to go on to; `/` instead of anything that leads elsewhere."""
    own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if own and "\\" not in path else "/"
