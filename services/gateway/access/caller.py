"""Who asks, and what that person or device may do."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from aiohttp import web

F = TypeVar("F", bound=Callable[..., object])


class Scope(StrEnum):
    """What a request needs, and what a login or token opens."""

    VIEW = "view"  # look at pictures, events and state
    INGEST = "ingest"  # send pictures
    ADMIN = "admin"  # all of it, and change things


#: What each opens; a device that sends pictures sees nothing.
OPENS = {
    Scope.VIEW: frozenset({Scope.VIEW}),
    Scope.INGEST: frozenset({Scope.INGEST}),
    Scope.ADMIN: frozenset(Scope),
}
ROLES = {"viewer": Scope.VIEW, "admin": Scope.ADMIN}


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has shown who it is."""

    name: str
    scope: Scope
    ends: float = float("inf")  # seconds since 1970: until when that counts

    def may(self, scope: Scope) -> bool:
        return scope in OPENS[self.scope]


CALLER = web.RequestKey("caller", Caller)


def needs(scope: Scope) -> Callable[[F], F]:
    """Says what a handler needs where that is not the usual: to look for GET, admin for all else."""

    def mark(handler: F) -> F:
        handler.__dict__["needs"] = scope
        return handler

    return mark


def needed(handler: object, *, reads: bool) -> Scope:
    """What it needs."""
    scope = getattr(handler, "needs", None)
    return scope if isinstance(scope, Scope) else Scope.VIEW if reads else Scope.ADMIN
