"""`/api/tokens`, `/api/audit` and `/api/me`: who gets in, for admins."""

import asyncio
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.contract.message import Time
from services.gateway.access.audit import SAID, Audit
from services.gateway.access.caller import CALLER, Scope, needs
from services.gateway.access.tokens import MAX_DAYS, NAME, NoToken, Token, Tokens


class TokenAsked(BaseModel):
    """A token that is to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=f"^{NAME}$", description="what it is for, such as the device that gets it")
    scope: Scope = Field(description="view: looks; ingest: sends pictures; admin: everything")
    days: float | None = Field(None, gt=0, le=MAX_DAYS, description="after so many it ends; none: never")


class TokenView(BaseModel):
    """What is known of a token."""

    name: str
    scope: Scope
    created: Time
    ends: Time | None

    @classmethod
    def of(cls, token: Token) -> "TokenView":
        return cls(name=token.name, scope=token.scope, created=token.created, ends=token.ends)


class TokenList(BaseModel):
    """All tokens, by name."""

    tokens: list[TokenView]


class TokenMade(BaseModel):
    """A new token."""

    name: str
    scope: Scope
    token: str = Field(description="the token itself: it cannot be had again")


class AuditEntry(BaseModel):
    """Something that somebody did."""

    time: str
    who: str
    address: str
    what: str


class AuditList(BaseModel):
    """The latest logins and changes, the newest first."""

    entries: list[AuditEntry]


class Me(BaseModel):
    """Whoever asks."""

    name: str
    scope: Scope


class AccessApi:
    """Tokens are made, listed and revoked; what happened is read."""

    def __init__(self, tokens: Tokens, audit: Audit) -> None:
        self._tokens = tokens
        self._audit = audit

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/me", self.me),
            web.get("/api/tokens", self.tokens),
            web.post("/api/tokens", self.add),
            web.delete(f"/api/tokens/{{name:{NAME}}}", self.revoke),
            web.get("/api/audit", self.audit),
        ]

    async def me(self, request: web.Request) -> web.Response:
        caller = request[CALLER]
        return _answer(Me(name=caller.name, scope=caller.scope))

    @needs(Scope.ADMIN)
    async def tokens(self, _request: web.Request) -> web.Response:
        return _answer(TokenList(tokens=[TokenView.of(token) for token in self._tokens]))

    async def add(self, request: web.Request) -> web.Response:
        try:
            asked = TokenAsked.model_validate_json(await request.text())
        except ValidationError as invalid:
            error = invalid.errors(include_url=False)[0]
            where = ".".join(str(part) for part in error["loc"])
            raise web.HTTPUnprocessableEntity(text=f"{where}: {error['msg'].lower()}".lstrip(": ")) from None
        try:
            token = await asyncio.to_thread(self._tokens.add, asked.name, asked.scope, asked.days)
        except NoToken as reason:
            raise web.HTTPConflict(text=str(reason)) from None
        request[SAID] = f"{asked.name}, {asked.scope}"
        return _answer(TokenMade(name=asked.name, scope=asked.scope, token=token), status=201)

    async def revoke(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if not await asyncio.to_thread(self._tokens.revoke, name):
            raise web.HTTPNotFound(text=f"there is no token '{name}'")
        return web.Response(status=204)

    @needs(Scope.ADMIN)
    async def audit(self, _request: web.Request) -> web.Response:
        latest = await asyncio.to_thread(self._audit.latest)
        entries = [AuditEntry.model_validate(entry, from_attributes=True) for entry in latest]
        return _answer(AuditList(entries=entries))


def _answer(model: BaseModel, **more: Any) -> web.Response:
    return web.json_response(text=model.model_dump_json(), **more)
