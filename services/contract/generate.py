"""Writes the JSON Schemas, the AsyncAPI document and the tables of the reference: `make schemas`."""

import json
import sys
from pathlib import Path
from typing import Any

from services.contract.archive import Manifest
from services.contract.channels import CHANNELS, JPEG, Channel, message_models
from services.contract.message import Message
from services.contract.settings import Settings
from services.contract.tables import refresh


def documents() -> dict[str, str]:
    """What is to be in each file, by its path below `docs/reference`."""
    models = message_models()
    found = {f"schemas/{name}.json": _schema(model) for name, model in models.items()}
    found["schemas/Manifest.json"] = _schema(Manifest)
    found["schemas/nightjar.yaml.json"] = Settings.model_json_schema(mode="validation")
    found["asyncapi.json"] = _asyncapi(models)
    return {path: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for path, content in found.items()}


def _schema(model: type[Message]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True, mode="serialization")


def _asyncapi(models: dict[str, type[Message]]) -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Nightjar",
            "version": "1",
            "description": "What crosses MQTT. Unknown fields are to be ignored.",
            "license": {"name": "Apache-2.0"},
        },
        "channels": {_name(channel): _channel(channel) for channel in CHANNELS},
        "operations": {f"send-{_name(channel)}": _operation(channel) for channel in CHANNELS},
        "components": {"schemas": {name: _flat(_schema(model)) for name, model in models.items()}},
    }


def _name(channel: Channel) -> str:
    return channel.topic.replace("/", ".").replace("{", "").replace("}", "")


def _channel(channel: Channel) -> dict[str, Any]:
    levels = [level for level in channel.topic.replace("-{", "/{").split("/") if level.startswith("{")]
    return {
        "address": channel.topic,
        "description": channel.words,
        "parameters": {level.strip("{}"): {} for level in levels},
        "messages": {"message": _message(channel)},
    }


def _message(channel: Channel) -> dict[str, Any]:
    payload = channel.payload
    if isinstance(payload, type):
        schema: dict[str, Any] = {"$ref": f"#/components/schemas/{payload.__name__}"}
        return {"contentType": "application/json", "payload": schema}
    if payload == JPEG:
        return {"contentType": "image/jpeg", "payload": {"type": "string", "contentEncoding": "binary"}}
    if isinstance(payload, tuple):
        return {"contentType": "text/plain", "payload": {"type": "string", "enum": list(payload)}}
    return {"contentType": "text/plain", "payload": {"type": "string", "description": payload}}


def _operation(channel: Channel) -> dict[str, Any]:
    return {
        "action": "send",
        "summary": f"by {channel.writer}",
        "channel": {"$ref": f"#/channels/{_name(channel)}"},
        "bindings": {
            "mqtt": {"qos": max(channel.qos), "retain": channel.retained, "bindingVersion": "0.2.0"}
        },
    }


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its own definitions inside, so that its references hold in a larger document."""
    definitions = schema.pop("$defs", {})

    def inlined(value: Any) -> Any:
        if isinstance(value, dict):
            reference = value.get("$ref", "")
            if reference.startswith("#/$defs/"):
                rest = {key: inlined(each) for key, each in value.items() if key != "$ref"}
                return inlined(definitions[reference.removeprefix("#/$defs/")]) | rest
            return {key: inlined(each) for key, each in value.items()}
        return [inlined(each) for each in value] if isinstance(value, list) else value

    flat: dict[str, Any] = inlined(schema)
    return flat


def main(folder: Path) -> int:
    for name, content in documents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    for path in folder.glob("*.md"):
        path.write_text(refresh(path.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {len(documents())} documents to {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference")))
