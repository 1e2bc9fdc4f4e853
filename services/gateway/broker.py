"""What a request needs that the broker is to be told of."""

from aiohttp import web

from services.runtime.mqtt import Link


def must_be_there(link: Link) -> None:
    """Raises 503 where the broker is away: a wish of now is no wish of later."""
    if not link.connected:
        text = "the broker is away, so nothing was changed: try again later"
        raise web.HTTPServiceUnavailable(text=text, headers={"Retry-After": "5"})
