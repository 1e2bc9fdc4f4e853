"""The document as people read it: chapter by chapter, each model as one line a field."""

import json
from dataclasses import dataclass
from itertools import groupby
from typing import Any

_DEEP = 3


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body or an answer."""

    name: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `id` is where the page has it."""

    id: str
    method: str
    path: str
    summary: str
    needs: str
    parameters: list[Field]
    body: list[Field]
    media: str
    answers: list[tuple[str, str]]
    fields: list[Field]
    curl: str


def chapters(document: dict[str, Any]) -> list[tuple[str, list[Operation]]]:
    """`(tag, operations)`."""
    schemas = document["components"]["schemas"]
    found = [
        (operation["tags"][0], _operation(path, method, operation, schemas))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    found.sort(key=lambda each: each[0])
    return [(tag, [each[1] for each in group]) for tag, group in groupby(found, key=lambda each: each[0])]


def _operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    media = next(iter(content), "")
    good = next(status for status in operation["responses"] if status < "4")
    answer = operation["responses"][good].get("content", {})
    return Operation(
        id=f"{method}-{path.strip('/').replace('/', '-').translate({123: None, 125: None})}",
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        needs=operation["description"].split("`")[1],
        parameters=[
            Field(each["name"], _kind(each["schema"], schemas), each["description"])
            for each in operation["parameters"]
        ],
        body=_fields(content.get(media, {}).get("schema", {}), schemas),
        media=media,
        answers=[
            (status, f"{each['description']}{_media(each)}")
            for status, each in operation["responses"].items()
        ],
        fields=_fields(answer.get("application/json", {}).get("schema", {}), schemas),
        curl=_curl(path, method, media),
    )


def _media(answer: dict[str, Any]) -> str:
    media = next(iter(answer.get("content", {})), "")
    return f" ({media})" if media and "problem" not in media else ""


def _fields(schema: dict[str, Any], schemas: dict[str, Any], before: str = "", depth: int = 0) -> list[Field]:
    schema = _resolved(schema, schemas)
    if schema.get("type") == "array":
        return _fields(schema["items"], schemas, f"{before}[]", depth)
    found = []
    for name, field in schema.get("properties", {}).items():
        place = f"{before}.{name}" if before else name
        found.append(Field(place, _kind(field, schemas), field.get("description", "")))
        if depth < _DEEP:
            inner = _resolved(field, schemas)
            found += _fields(inner, schemas, place, depth + 1)
    return found


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return dict(schemas.get(schema["$ref"].rpartition("/")[2], {}))
    real = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    return _resolved(real[0], schemas) if len(real) == 1 else schema


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    if "anyOf" in schema:
        kinds = [_kind(each, schemas) for each in schema["anyOf"]]
        return " or ".join(dict.fromkeys(kinds))
    full = _resolved(schema, schemas)
    if "enum" in full:
        return ", ".join(json.dumps(word) for word in full["enum"])
    kind = str(full.get("type", "anything"))
    return f"{kind} of {_kind(full['items'], schemas)}" if kind == "array" and "items" in full else kind


def _curl(path: str, method: str, media: str) -> str:
    how = {"get": "", "post": "-X POST ", "delete": "-X DELETE "}[method]
    body = f"-H 'Content-Type: {media}' --data @body " if media else ""
    return f'curl -H "Authorization: Bearer $TOKEN" {how}{body}{{origin}}{path}'
