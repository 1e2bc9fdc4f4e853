"""Answers as models, and bodies as they are to be."""

import json
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

M = TypeVar("M")


def answer(model: BaseModel, status: int = 200) -> web.Response:
    return web.json_response(text=model.model_dump_json(by_alias=True), status=status)


async def given(request: web.Request, model: type[M]) -> M:
    """The JSON of the request. Raises 415 where it is none, and 422 where it is not what belongs there."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send JSON, with Content-Type: application/json")
    try:
        text = (await request.read()).decode()
        json.loads(text)
    except (ValueError, RecursionError):  # also what is no UTF-8
        raise web.HTTPUnprocessableEntity(text="the body is no JSON") from None
    try:
        return TypeAdapter(model).validate_json(text)
    except ValidationError as invalid:
        error = invalid.errors(include_url=False)[0]
        place = ".".join(str(part) for part in error["loc"])
        said = error["msg"].removeprefix("Value error, ")
        raise web.HTTPUnprocessableEntity(text=f"{place}: {said}" if place else said) from None
