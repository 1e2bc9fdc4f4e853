"""Tables of the reference that are made from the code: between `<!-- table: … -->` and `<!-- end -->`."""

import re
from collections.abc import Iterator
from typing import Any

from services.contract.channels import CHANNELS, JPEG, Channel
from services.contract.controls import CONTROLS, Control, Refused
from services.contract.settings import Settings

_MARKED = re.compile(r"(<!-- table: ([a-z. -]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def refresh(text: str) -> str:
    """The text with its tables as they are to be. Raises `KeyError` for a table that there is not."""
    return _MARKED.sub(lambda match: f"{match[1]}{_table(match[2])}{match[3]}", text)


def _table(name: str) -> str:
    if name == "topics":
        return _topics()
    if name == "run-time settings":
        return _controls()
    return _settings(name.removeprefix("settings").strip())


def _lines(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    ruler = tuple("---" for _ in head)
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ruler, *rows))


# -- settings ----------------------------------------------------------------------------------------------


def _settings(path: str) -> str:
    schema = Settings.model_json_schema()
    definitions = schema["$defs"]
    here = schema
    for key in path.split(".") if path else ():
        field = here["properties"][key]
        here = definitions[_reference(field) or _reference(field["patternProperties"].popitem()[1])]
    place = (
        path.removeprefix("defaults.").replace("cameras", "cameras.<camera>").replace("users", "users.<user>")
    )
    rows = (
        (f"`{place}.{name}`" if path else f"`{name}`", _takes(field), _default(field), field["description"])
        for name, field in here["properties"].items()
        if not _reference(field) and name not in ("cameras", "users")
    )
    return _lines(("setting", "takes", "default", ""), rows)


def _reference(field: dict[str, Any]) -> str:
    return str(field.get("$ref", "")).rpartition("/")[2]


def _takes(field: dict[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(f"`{word}`" for word in field["enum"])
    plain: dict[str, Any] = field.get("anyOf", [field])[0]
    words = {
        "boolean": "`true`, `false`",
        "integer": "whole number",
        "number": "number",
        "array": "list",
        "object": "names with lists",
    }
    if plain.get("format") == "password":
        return "text, secret"
    return words.get(plain["type"], "text") + _bounds(plain)


def _bounds(field: dict[str, Any]) -> str:
    words = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to"}
    return "".join(f" {word} {field[key]:g}" for key, word in words.items() if key in field)


def _default(field: dict[str, Any]) -> str:
    match field.get("default", ...):
        case builtins if builtins is ...:
            return "must be there"
        case bool(value):
            return f"`{str(value).lower()}`"
        case int(value) | float(value):
            return f"`{value:g}`"
        case None | "" | "**********" | [] | {}:
            return ""
        case value:
            return f"`{value}`"


# -- topics ------------------------------------------------------------------------------------------------


def _topics() -> str:
    rows = (
        (
            f"`{channel.topic.replace('{', '<').replace('}', '>')}`",
            _payload(channel),
            ", ".join(str(qos) for qos in channel.qos),
            "yes" if channel.retained else "",
            channel.writer,
            channel.words,
        )
        for channel in CHANNELS
    )
    return _lines(("topic", "payload", "QoS", "retained", "written by", ""), rows)


def _payload(channel: Channel) -> str:
    payload = channel.payload
    if isinstance(payload, type):
        return f"[{payload.__name__}](schemas/{payload.__name__}.json)"
    if isinstance(payload, tuple):
        return ", ".join(f"`{word}`" for word in payload)
    return "[JPEG](frames.md)" if payload == JPEG else payload


def _controls() -> str:
    rows = (
        (f"`{each.name}`", each.service, _taken(each), f"`cameras.<camera>.{'.'.join(each.path)}`")
        for each in CONTROLS
    )
    return _lines(("setting", "of", "takes", "what holds until it is set"), rows)


def _taken(control: Control) -> str:
    """What it says of itself where it is set wrongly."""
    wrong = "?"
    try:
        control.read(wrong)
    except Refused as refusal:
        return str(refusal).removeprefix("takes ").removesuffix(f", not '{wrong}'")
    raise ValueError(f"{control.name} takes {wrong}")
