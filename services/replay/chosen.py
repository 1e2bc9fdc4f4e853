"""The settings that a replay runs with: defaults, a configuration's camera, or settings of motion alone."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.contract.settings import MotionSettings, Settings
from services.runtime import config, yaml_source
from services.runtime.errors import UserError


def motion_of(path: Path | None, camera: str | None, over: Mapping[str, Any]) -> MotionSettings:
    """With what is given on the command line over it. Raises UserError."""
    base = MotionSettings() if path is None else _read(path, camera)
    try:
        return MotionSettings.model_validate({**base.model_dump(), **over})
    except ValidationError as error:
        raise UserError(_sentence(error)) from None


def _read(path: Path, camera: str | None) -> MotionSettings:
    alone = _motion_alone(path)
    if alone is None:
        return _of_camera(config.load(path, os.environ), camera, path)
    try:
        return MotionSettings.model_validate(alone)
    except ValidationError as error:
        raise UserError(f"{path}: {_sentence(error)}") from None


def _motion_alone(path: Path) -> dict[str, Any] | None:
    """The file's values where they are all settings of motion; None where it is a whole configuration."""
    try:
        values = yaml_source.read(path.read_text(encoding="utf-8"), os.environ).values
    except (OSError, UnicodeDecodeError, yaml_source.NoYaml):
        return None  # `config.load` says what is wrong with it
    if set(values) == {"motion"} and isinstance(values["motion"], dict):
        return dict(values["motion"])
    return values if values and set(values) <= set(MotionSettings.model_fields) else None


def _of_camera(settings: Settings, camera: str | None, path: Path) -> MotionSettings:
    cameras = settings.cameras
    if camera in cameras:
        return cameras[camera].motion
    if camera is None and len(cameras) == 1:
        return next(iter(cameras.values())).motion
    if camera is None and len({each.motion.model_dump_json() for each in cameras.values()}) == 1:
        return next(iter(cameras.values())).motion  # all the same
    names = ", ".join(cameras) or "none"
    raise UserError(f"{path} has the cameras {names}: choose one with --camera")


def _sentence(error: ValidationError) -> str:
    wrong = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in wrong['loc'])}: {wrong['msg']}"
