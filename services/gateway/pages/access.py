"""The page that says who gets in, for admins."""

import asyncio

from aiohttp import web

from services.gateway.access.caller import Scope, needs
from services.gateway.access.entrance import Entrance
from services.gateway.pages.views import Views

SHOWN = 50


class AccessPage:
    """Users, tokens, and what happened."""

    def __init__(self, views: Views, entrance: Entrance) -> None:
        self._views = views
        self._entrance = entrance

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/access", self.show)]

    @needs(Scope.ADMIN)
    async def show(self, request: web.Request) -> web.Response:
        latest = await asyncio.to_thread(self._entrance.audit.latest, SHOWN)
        return self._views.render(
            request,
            "access.html",
            users=list(self._entrance.accounts),
            tokens=list(self._entrance.tokens),
            record=latest,
        )
