"""`/api/tokens`, `/api/audit` and `/api/me`: who gets in, for admins."""

import asyncio

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.contract.message import Time
from services.gateway.access.audit import SAID, Audit
from services.gateway.access.caller import CALLER, Scope, needs
from services.gateway.access.tokens import MAX_DAYS, NAME, NoToken, Token, Tokens
from services.gateway.openapi.answers import answer, given
from services.gateway.openapi.describe import describes


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

    @describes("Who asks, and what that opens", tag="Access", answer=Me)
    async def me(self, request: web.Request) -> web.Response:
        caller = request[CALLER]
        return answer(Me(name=caller.name, scope=caller.scope))

    @needs(Scope.ADMIN)
    @describes("All tokens, without what opens anything", tag="Access", answer=TokenList)
    async def tokens(self, _request: web.Request) -> web.Response:
        return answer(TokenList(tokens=[TokenView.of(token) for token in self._tokens]))

    @describes(
        "Make a token; it is in force at once, and shown only here",
        tag="Access",
        answer=TokenMade,
        status=201,
        body=TokenAsked,
        also={409: "there is one of that name", 415: "the body is no JSON", 422: "what is wrong in it"},
    )
    async def add(self, request: web.Request) -> web.Response:
        asked = await given(request, TokenAsked)
        try:
            token = await asyncio.to_thread(self._tokens.add, asked.name, asked.scope, asked.days)
        except NoToken as reason:
            raise web.HTTPConflict(text=str(reason)) from None
        request[SAID] = f"{asked.name}, {asked.scope}"
        return answer(TokenMade(name=asked.name, scope=asked.scope, token=token), 201)

    @describes("Revoke a token, at once", tag="Access", status=204)
    async def revoke(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if not await asyncio.to_thread(self._tokens.revoke, name):
            raise web.HTTPNotFound(text=f"there is no token '{name}'")
        return web.Response(status=204)

    @needs(Scope.ADMIN)
    @describes("The latest logins and changes", tag="Access", answer=AuditList)
    async def audit(self, _request: web.Request) -> web.Response:
        latest = await asyncio.to_thread(self._audit.latest)
        entries = [AuditEntry.model_validate(entry, from_attributes=True) for entry in latest]
        return answer(AuditList(entries=entries))
