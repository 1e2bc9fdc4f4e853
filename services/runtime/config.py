"""Brings `nightjar.yaml`, the environment and the defaults together, and says all mistakes at once."""

import difflib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from services.contract.settings import CameraSettings, Settings, camera_defaults
from services.contract.urls import mask_url
from services.runtime import yaml_source
from services.runtime.errors import UserError

PREFIX = "NIGHTJAR_"
#: Variables with our prefix that are no settings.
NOT_SETTINGS = frozenset(
    PREFIX + name for name in ("CONFIG", "TEST_BACKENDS", "DOCKER_UP", "FOOTAGE", "HOMEASSISTANT", "VERSION")
)

Keys = tuple[str, ...]


class ConfigErrors(UserError):
    """All that is wrong with the configuration; `problems` has one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        super().__init__("\n  ".join([f"the configuration has {count}:", *problems]))


def load(path: Path | None, environ: Mapping[str, str], base: Mapping[str, Any] | None = None) -> Settings:
    """The settings of the file (none: `base` alone), with `NIGHTJAR_…` variables over them.

    Raises ConfigErrors with every mistake, each with its line and how to mend it.
    """
    name = str(path) if path else "the configuration"
    source = _read_file(path, environ) if path else yaml_source.Source()
    values = _over(dict(base or {}), source.values)
    problems = [_sentence(name, source.lines, keys, text) for keys, text in source.problems]
    origin: dict[Keys, str] = {}
    problems += _overlay(values, environ, origin)
    raw_cameras = values.get("cameras")
    values["cameras"] = _with_defaults(values)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        for detail in error.errors():
            keys = tuple(str(part) for part in detail["loc"] if part != "[key]")
            if _is_the_defaults_mistake(keys, raw_cameras):
                continue
            where = origin.get(keys)
            text = _explain(detail, keys)
            problems.append(
                f"{where} ({'.'.join(keys)}) {text}" if where else _sentence(name, source.lines, keys, text)
            )
    if problems:
        raise ConfigErrors(problems)
    return settings.was_read(partial(load, path, dict(environ), base))


def secret_files(environ: Mapping[str, str]) -> list[Path]:
    """The files that stand for settings: what `NIGHTJAR_A__B_FILE` names."""
    names = [name for name in sorted(environ) if name.startswith(PREFIX) and name not in NOT_SETTINGS]
    return [Path(environ[name]) for name in names if _names_file(_keys_of(name))]


def dump(settings: Settings) -> str:
    """The effective configuration as YAML, with secrets and logins in camera URLs masked."""
    return yaml.safe_dump(_masked(settings), sort_keys=False, allow_unicode=True)


def _masked(value: Any) -> Any:
    if isinstance(value, CameraSettings):
        masked = {name: _masked(getattr(value, name)) for name in CameraSettings.model_fields}
        return masked | {"url": mask_url(value.url)}
    if isinstance(value, BaseModel):
        return {name: _masked(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {key: _masked(each) for key, each in value.items()}
    if isinstance(value, SecretStr):
        return "********" if value.get_secret_value() else ""
    return str(value) if isinstance(value, Path) else value


# -- the parts ------------------------------------------------------------------------------------------


def _read_file(path: Path, environ: Mapping[str, str]) -> yaml_source.Source:
    try:
        return yaml_source.read(path.read_text(encoding="utf-8"), environ)
    except FileNotFoundError:
        raise ConfigErrors(
            [
                f"{path} does not exist: write one with a camera in it, name another with --config,"
                " or try `nightjar demo`"
            ]
        ) from None
    except IsADirectoryError:
        raise ConfigErrors([f"{path} is a folder; it must be a file"]) from None
    except PermissionError:
        raise ConfigErrors([f"{path} cannot be read by this user: change its permissions"]) from None
    except UnicodeDecodeError:
        raise ConfigErrors([f"{path} is no text in UTF-8"]) from None
    except yaml_source.NoYaml as error:
        line = f" line {error.line}" if error.line else ""
        raise ConfigErrors([f"{path}{line}: is no YAML: {error}"]) from None


def _over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _overlay(values: dict[str, Any], environ: Mapping[str, str], origin: dict[Keys, str]) -> list[str]:
    """Puts `NIGHTJAR_A__B=value` at `a.b`, and what the file in `NIGHTJAR_A__B_FILE` holds likewise."""
    problems = []
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        keys = _keys_of(variable)
        value = environ[variable]
        if _names_file(keys):
            keys = (*keys[:-1], keys[-1].removesuffix("_file"))
            try:
                value = Path(value).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = (error.strerror or "").lower() if isinstance(error, OSError) else "it is no text"
                problems.append(f"{variable} names {value}, which cannot be read: {reason}")
                continue
        if not _is_setting(keys):
            problems.append(f"{variable} is no setting{_did_you_mean(keys)}")
            continue
        _put(values, keys, value)
        origin[keys] = variable
    return problems


def _keys_of(variable: str) -> Keys:
    return tuple(variable.removeprefix(PREFIX).lower().split("__"))


def _names_file(keys: Keys) -> bool:
    """Whether such a variable names the file that holds the setting, rather than being one itself."""
    return keys[-1].endswith("_file") and not _is_setting(keys)


def _put(values: dict[str, Any], keys: Keys, value: str) -> None:
    for key in keys[:-1]:
        inner = values.get(key)
        values[key] = dict(inner) if isinstance(inner, dict) else {}
        values = values[key]
    values[keys[-1]] = value


def _with_defaults(values: dict[str, Any]) -> Any:
    cameras, defaults = values.get("cameras"), values.get("defaults")
    if cameras is None:
        return {}
    if not isinstance(cameras, dict):
        return cameras
    if not isinstance(defaults, dict):
        return cameras
    return {
        name: camera_defaults(defaults, camera) if isinstance(camera, dict) else camera
        for name, camera in cameras.items()
    }


def _is_the_defaults_mistake(keys: Keys, raw_cameras: Any) -> bool:
    """A mistake under `defaults` shows up in each camera too; it is said once, where it stands."""
    if len(keys) != 4 or keys[0] != "cameras" or not isinstance(raw_cameras, dict):
        return False
    part = (raw_cameras.get(keys[1]) or {}).get(keys[2])
    return not isinstance(part, dict) or keys[3] not in part


# -- what people read -----------------------------------------------------------------------------------


def _sentence(name: str, lines: Mapping[Keys, int], keys: Keys, text: str) -> str:
    known = keys
    while known and known not in lines:
        known = known[:-1]
    line = f" line {lines[known]}" if known else ""
    place = f" {'.'.join(keys)}" if keys else ""
    return f"{name}{line}:{place} {text}"


def _explain(detail: ErrorDetails, keys: Keys) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is no setting{_did_you_mean(keys)}"
    if kind == "missing":
        return "is missing"
    if kind == "string_pattern_mismatch" and keys[0] == "cameras" and len(keys) == 2:
        return "is no camera name: use up to 63 of a-z, 0-9, - and _, and begin with a letter or a digit"
    if kind == "string_pattern_mismatch" and keys[:2] == ("gateway", "users"):
        return "is no user's name: use up to 63 characters, and no colon among them"
    if kind == "value_error":  # our own sentence; some begin with the place, which is said already
        return str(context["error"]).removeprefix(f"{'.'.join(keys)} ")
    return _must(kind, context) + _shown(detail["input"], keys)


def _must(kind: str, context: Mapping[str, Any]) -> str:
    settings = "must hold settings, each as `name: value`"
    return {
        "bool_parsing": "must be true or false",
        "bool_type": "must be true or false",
        "int_parsing": "must be a whole number",
        "int_from_float": "must be a whole number",
        "int_type": "must be a whole number",
        "float_parsing": "must be a number",
        "float_type": "must be a number",
        "finite_number": "must be a number",
        "string_type": "must be text; put quotes around it",
        "string_too_short": "must not be empty",
        "string_pattern_mismatch": "must be made of A-Z, a-z, 0-9, _ and -",
        "path_type": "must be the path of a file",
        "dict_type": settings,
        "model_type": settings,
        "model_attributes_type": settings,
        "literal_error": f"must be {context.get('expected')}",
        "greater_than": f"must be more than {context.get('gt', 0):g}",
        "greater_than_equal": f"must be at least {context.get('ge', 0):g}",
        "less_than": f"must be less than {context.get('lt', 0):g}",
        "less_than_equal": f"must be at most {context.get('le', 0):g}",
    }.get(kind, "is not what belongs here")


def _shown(given: object, keys: Keys) -> str:
    """What stands there now, unless it says nothing to people, or is a secret."""
    section = _section(keys[:-1])
    field = section.model_fields.get(keys[-1]) if section else None
    if (
        given is None
        or isinstance(given, dict | list)
        or given == ""
        or (field and field.annotation is SecretStr)
    ):
        return ""
    return f", not '{mask_url(str(given))}'"


def _fields(model: type[BaseModel], keys: Keys) -> type[BaseModel] | None:
    """The model that stands at this place; None where there is no section."""
    here: Any = model
    for key in keys:
        if not (isinstance(here, type) and issubclass(here, BaseModel)):
            return None
        if here is Settings and key == "cameras":
            here = dict
            continue
        field = here.model_fields.get(key)
        here = field.annotation if field else None
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _section(keys: Keys) -> type[BaseModel] | None:
    if keys[:1] == ("cameras",):
        return _fields(CameraSettings, keys[2:]) if len(keys) >= 2 else None
    return _fields(Settings, keys)


def _is_setting(keys: Keys) -> bool:
    section = _section(keys[:-1])
    return section is not None and keys[-1] in section.model_fields


def _did_you_mean(keys: Keys) -> str:
    section = _section(keys[:-1])
    if section is None:
        return ""
    close = difflib.get_close_matches(keys[-1], section.model_fields, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there are {', '.join(section.model_fields)}"
