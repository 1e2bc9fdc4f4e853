"""The HTTP application: the guard in front, the rooms behind it, and how errors are told."""

from collections.abc import Collection, Iterable

from aiohttp import web
from aiohttp.typedefs import Middleware

from services.gateway.access.cors import allow, cors
from services.gateway.access.forwarded import Proxies, forwarded
from services.gateway.access.guard import Guard, Handler
from services.gateway.archive.library import ArchiveAway
from services.gateway.doorman import Doorman, is_text
from services.gateway.pages.views import STATIC, Views

MAX_BODY = 64 * 1024
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Server": "nightjar",
}


def make_app(
    doorman: Doorman,
    guard: Guard,
    views: Views,
    rooms: Iterable[Iterable[web.RouteDef]],
    *,
    proxies: Iterable[str] = (),
    origins: Collection[str] = (),
) -> web.Application:
    """All routes behind one guard; errors are told outside of it, so that a refusal is told as well."""
    outside = [forwarded(Proxies.of(proxies)), cors(origins), _errors(views)]
    layers = [*outside, doorman.middleware, guard.middleware]
    app = web.Application(middlewares=layers, client_max_size=MAX_BODY)
    for routes in rooms:
        app.add_routes(routes)
    app.router.add_static("/static", STATIC)
    app.on_response_prepare.append(_security_headers)
    app.on_response_prepare.append(allow)
    return app


async def _security_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(SECURITY)
    versioned = request.path.startswith("/static/") and "v" in request.query
    response.headers.setdefault(
        "Cache-Control", "public, max-age=31536000, immutable" if versioned else "no-store"
    )


def _errors(views: Views) -> Middleware:
    @web.middleware
    async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            _must_make_sense(request)
            return await handler(request)
        except ArchiveAway as away:
            return _tell(views, request, web.HTTPServiceUnavailable(text=str(away)))
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return _tell(views, request, error)

    return errors


def _must_make_sense(request: web.Request) -> None:
    """Links are made of the host, and whatever stands in a header may be said again. Raises 400."""
    try:
        request.url.origin()
    except ValueError:
        raise web.HTTPBadRequest(text="the request names no host that there could be") from None
    if not is_text(request.headers):
        raise web.HTTPBadRequest(text="the request has a header that is no text")


def _tell(views: Views, request: web.Request, error: web.HTTPException) -> web.Response:
    """To people as a page, to scripts as `application/problem+json` (RFC 9457), to players as text."""
    detail = error.text or error.reason
    if detail.startswith(f"{error.status}: "):  # aiohttp's own say no more than their title
        detail = "there is nothing at this address" if error.status == 404 else error.reason
    if request.path.startswith("/api/"):
        problem = {"status": error.status, "title": error.reason, "detail": detail}
        response = web.json_response(problem, status=error.status, content_type="application/problem+json")
    elif "text/html" in request.headers.get("Accept", ""):
        response = views.render(request, "error.html", status=error.status, title=error.reason, detail=detail)
    else:
        response = web.Response(text=f"{detail}\n", status=error.status)
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in error.headers:
            response.headers[name] = error.headers[name]
    return response
