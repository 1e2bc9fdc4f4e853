"""Pages of other sites that may read the API: those that are listed, with a token, never with a cookie."""

from collections.abc import Collection

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

METHODS = "GET, HEAD, POST, DELETE"
HEADERS = "Authorization, Content-Type"
EXPOSED = "Retry-After, X-Timestamp, X-Sequence"
MAX_AGE_S = "600"


def cors(origins: Collection[str]) -> Middleware:
    """`Access-Control-Allow-Credentials` is never sent: a browser takes no login along to us by itself."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None or origin not in origins:
            return await handler(request)
        if request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers:
            return web.Response(status=204, headers=_preflight(origin))
        request[ALLOWED] = origin
        return await handler(request)

    return middleware


#: The site whose page may read the answer.
ALLOWED = web.RequestKey("cors-origin", str)


async def allow(request: web.Request, response: web.StreamResponse) -> None:
    """Also a stream's head says so, which is sent long before its handler returns."""
    if origin := request.get(ALLOWED):
        response.headers.update(
            {
                hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin,
                hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: EXPOSED,
                "Cross-Origin-Resource-Policy": "cross-origin",
            }
        )
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)


def _preflight(origin: str) -> dict[str, str]:
    return {
        hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin,
        hdrs.ACCESS_CONTROL_ALLOW_METHODS: METHODS,
        hdrs.ACCESS_CONTROL_ALLOW_HEADERS: HEADERS,
        hdrs.ACCESS_CONTROL_MAX_AGE: MAX_AGE_S,
        hdrs.VARY: hdrs.ORIGIN,
    }
