"""Whether a login still holds, for streams that outlive the request that opened them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Welcome:
    """Asked again and again. Two of the same login are equal, so that one answer serves all its streams."""

    holds: Callable[[Any], object]
    credential: Any

    def __call__(self) -> bool:
        return bool(self.holds(self.credential))


WELCOME = web.RequestKey("welcome", Welcome)
#: Where there is no guard, such as in a test.
ALWAYS = Welcome(bool, credential=True)


def welcome_of(request: web.Request) -> Welcome:
    """What let this request in."""
    welcome: Welcome = request.get(WELCOME, ALWAYS)
    return welcome
