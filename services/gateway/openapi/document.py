"""The OpenAPI 3.1 document, made from the routes of the application."""

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from services.gateway.access.caller import Scope, needed
from services.gateway.openapi.describe import JSON, Endpoint, endpoint_of
from services.gateway.openapi.pictures import PICTURES
from services.runtime import VERSION

REF = "#/components/schemas/{model}"
PROBLEM = "application/problem+json"
READING = ("GET", "HEAD")

PARAMETERS = {
    "camera": "a configured camera's name",
    "event": "an event's id, such as 20261120T083012Z-3f9c",
    "index": "the frame's place in the manifest, from 0",
    "setting": "a setting that changes at run time",
    "name": "a token's name",
}
ALWAYS = {
    401: "no login or token, or one that is not known",
    403: "a login or token that does not open this",
    429: "too many failed logins from there; Retry-After",
}


class Problem(BaseModel):
    """What is wrong (RFC 9457)."""

    status: int
    title: str
    detail: str = Field(description="a sentence that says what to do")


def document(routes: Iterable[web.AbstractRoute]) -> dict[str, Any]:
    """All described routes."""
    found = list(_described(routes))
    schemas = _schemas([endpoint for _, endpoint, _ in found])
    paths: dict[str, Any] = {}
    for route, endpoint, need in found:
        path, parameters = _path(route)
        paths.setdefault(path, {})[route.method.lower()] = _operation(endpoint, need, path, parameters)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Nightjar",
            "version": VERSION,
            "description": "Cameras, live pictures, events. Errors are problem+json with a sentence.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"login": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "nightjar token add NAME --scope …",
                },
                "login": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "the dashboard's login; to read, and to send pictures",
                },
            },
        },
    }


def _described(routes: Iterable[web.AbstractRoute]) -> Iterator[tuple[web.AbstractRoute, Endpoint, Scope]]:
    for route in routes:
        endpoint = endpoint_of(route.handler) or PICTURES.get(_canonical(route))
        if endpoint and route.method != "HEAD":
            yield route, endpoint, needed(route.handler, reads=route.method in READING)


def _canonical(route: web.AbstractRoute) -> str:
    return route.resource.canonical if route.resource else ""


def _path(route: web.AbstractRoute) -> tuple[str, list[dict[str, Any]]]:
    """The path, and its parameters with their patterns."""
    assert route.resource is not None
    info = route.resource.get_info()
    path = str(info.get("formatter") or info["path"])
    pattern = info.get("pattern")
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PARAMETERS[name],
            "schema": _schema_of_part(_part(pattern.pattern, name) if pattern else ".+"),
        }
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    return path, parameters


def _part(pattern: str, name: str) -> str:
    """The expression of one named group of a route."""
    at = pattern.index(f"(?P<{name}>") + len(f"(?P<{name}>")
    depth, end = 1, at
    while depth:
        depth += {"(": 1, ")": -1}.get(pattern[end], 0)
        end += 1
    return pattern[at : end - 1]


def _schema_of_part(part: str) -> dict[str, Any]:
    words = part.split("|")
    if len(words) > 1 and all(re.fullmatch(r"\w+", word) for word in words):
        return {"type": "string", "enum": words}
    return {"type": "string", "pattern": f"^{part}$"}


def _operation(
    endpoint: Endpoint, need: Scope, path: str, parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    refused = {**ALWAYS, **({404: "there is no such thing"} if parameters else {}), **endpoint.also}
    answers = {str(endpoint.status): _answer(endpoint)}
    problem = _problem if path.startswith("/api/") else _sentence
    answers |= {str(status): problem(words) for status, words in sorted(refused.items())}
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "description": f"Needs the scope `{need}`.",
        "parameters": [*parameters, *_query(endpoint.query)],
        "responses": answers,
    }
    if endpoint.body is not None:
        schema = _reference(endpoint.body)
        operation["requestBody"] = {"required": True, "content": {endpoint.media: {"schema": schema}}}
    return operation


def _answer(endpoint: Endpoint) -> dict[str, Any]:
    words = HTTPStatus(endpoint.status).phrase
    if endpoint.answer is None:
        return {"description": words}
    if isinstance(endpoint.answer, str):
        return {"description": words, "content": {endpoint.answer: {}}}
    return {"description": words, "content": {JSON: {"schema": _reference(endpoint.answer)}}}


def _problem(words: str) -> dict[str, Any]:
    return {"description": words, "content": {PROBLEM: {"schema": _reference(Problem)}}}


def _sentence(words: str) -> dict[str, Any]:
    return {"description": words, "content": {"text/plain": {}}}


def _query(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    schema = model.model_json_schema() if model else {"properties": {}}
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "description": field.pop("description", ""),
            "schema": {key: value for key, value in field.items() if key not in ("title", "default")},
        }
        for name, field in schema["properties"].items()
    ]


def _reference(model: Any) -> dict[str, Any]:
    if isinstance(model, type) and issubclass(model, BaseModel):
        return {"$ref": REF.format(model=model.__name__)}
    schema = TypeAdapter(model).json_schema(ref_template=REF)
    schema.pop("$defs", None)
    return schema


def _schemas(endpoints: list[Endpoint]) -> dict[str, Any]:
    """The schema of each model, also of those within others; of bodies as they are taken."""
    given: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Problem, "serialization")]
    found: dict[str, Any] = {}
    for endpoint in endpoints:
        for model, mode in ((endpoint.answer, "serialization"), (endpoint.body, "validation")):
            if isinstance(model, type) and issubclass(model, BaseModel):
                given.append((model, mode))  # type: ignore[arg-type]
            elif model is not None and not isinstance(model, str):
                found |= TypeAdapter(model).json_schema(ref_template=REF).get("$defs", {})
    for one in dict.fromkeys(given):
        found |= models_json_schema([one], ref_template=REF)[1].get("$defs", {})
    return dict(sorted(found.items()))
