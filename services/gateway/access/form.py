"""The fields of a form, whatever somebody sends in place of one."""

from collections.abc import Mapping

from aiohttp import web


async def form_of(request: web.Request) -> Mapping[str, str]:
    """What was filled in; files are left out. Raises 400 for what is no form."""
    try:
        given = await request.post()
    except (ValueError, LookupError):  # of a broken part, of bytes that are no text, of an unknown charset
        raise web.HTTPBadRequest(text="the form cannot be read") from None
    return {name: value for name, value in given.items() if isinstance(value, str)}
