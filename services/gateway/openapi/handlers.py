"""`/api/openapi.json` and `/api/docs`: the API's own description, for programs and for people."""

from typing import Any

from aiohttp import web

from services.gateway.openapi.describe import describes
from services.gateway.openapi.document import document
from services.gateway.openapi.reading import chapters
from services.gateway.pages.views import Views


class ApiDocs:
    """The page needs nothing from elsewhere: it is rendered here, from the document."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._document: dict[str, Any] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/openapi.json", self.openapi), web.get("/api/docs", self.read)]

    @describes("This description", tag="About", answer="application/json")
    async def openapi(self, request: web.Request) -> web.Response:
        return web.json_response(self._known(request))

    async def read(self, request: web.Request) -> web.Response:
        found = self._known(request)
        return self._views.render(
            request, "api.html", chapters=chapters(found), origin=str(request.url.origin())
        )

    def _known(self, request: web.Request) -> dict[str, Any]:
        if not self._document:
            self._document = document(request.app.router.routes())
        return self._document
