"""Renders templates: the session, the way to static files and the words of a page come along with each."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.gateway.access.caller import CALLER, Scope
from services.gateway.access.guard import SESSION
from services.gateway.pages import words
from services.runtime import VERSION

HERE = Path(__file__).parent.parent
STATIC = HERE / "static"


class Views:
    """All pages are made here."""

    def __init__(self, trouble_count: Callable[[], int]) -> None:
        self._trouble_count = trouble_count
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            clock=words.clock,
            day_words=lambda day: words.day_words(day, words.day_of(datetime.now(UTC))),
            day_of=words.day_of,
            moment=lambda time: words.moment(time, datetime.now(UTC)),
            iso_moment=lambda text: words.moment(datetime.fromisoformat(text), datetime.now(UTC)),
            every=words.every,
            error=words.error,
            left=lambda end: words.left(end, datetime.now(UTC)),
            length_words=words.length,
            size=words.size,
            reason_words=words.reason_words,
        )
        self._environment.globals.update(static=_static_paths(), version=VERSION)

    def render(
        self, request: web.Request, template: str, *, status: int = 200, **context: Any
    ) -> web.Response:
        session, caller = request.get(SESSION), request.get(CALLER)
        text = self._environment.get_template(template).render(
            session=session,
            caller=caller,
            may_change=caller is not None and caller.may(Scope.ADMIN),
            csrf=session.csrf if session else "",
            path=request.path,
            trouble_count=self._trouble_count(),
            **context,
        )
        return web.Response(text=text, content_type="text/html", status=status)


def _static_paths() -> dict[str, str]:
    """`name: path?v=hash` of each static file, so that browsers may keep them until they change."""
    return {
        file.name: f"/static/{file.name}?v={sha256(file.read_bytes()).hexdigest()[:12]}"
        for file in STATIC.iterdir()
    }
