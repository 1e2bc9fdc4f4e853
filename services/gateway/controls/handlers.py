"""`POST /api/cameras/<camera>/<setting>` and `…/experiment`: publishes what was asked for on `…/set`."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.contract.controls import CONTROLS, EXPERIMENT
from services.contract.experiments import Experiment
from services.contract.message import CameraName
from services.contract.topics import Topics
from services.gateway.access.audit import SAID
from services.gateway.access.form import form_of
from services.gateway.broker import must_be_there
from services.gateway.cameras import CAMERA, Cameras
from services.gateway.controls.request import (
    NotAsked,
    experiment_asked,
    experiment_of_form,
    seconds_of_form,
    value_asked,
)
from services.gateway.live.state import LiveState
from services.gateway.openapi.describe import describes
from services.runtime.mqtt import Link

SETTINGS = {control.name: control for control in CONTROLS}


class ValueAsked(BaseModel):
    """What a setting is to be."""

    value: bool | int | float | str | dict[str, Any] | None = Field(
        description="true or false, a number, text as on MQTT, zones or masks; null: its default"
    )


class ConfiguredAsked(BaseModel):
    """An experiment that the configuration has."""

    model_config = ConfigDict(extra="forbid")

    name: CameraName


class Changed(BaseModel):
    """What was asked for; what its service makes of it stands in the camera."""

    camera: CameraName
    setting: str
    value: str = Field(description="as on MQTT")


class ExperimentChanged(BaseModel):
    """What was asked for."""

    camera: CameraName
    experiment: str = Field(description="its name; empty: none")


UNDONE = {
    422: "it cannot be; the sentence says what can",
    503: "the broker is away: nothing was changed, and nothing is kept for later",
}


class Controls:
    """What is refused here is refused at once; what its service refuses stands in the camera's `refused`."""

    def __init__(self, cameras: Cameras, state: LiveState, topics: Topics, link: Link) -> None:
        self._cameras = cameras
        self._state = state
        self._topics = topics
        self._link = link

    def routes(self) -> list[web.RouteDef]:
        one = f"/api/cameras/{CAMERA}"
        return [
            web.post(f"{one}/{EXPERIMENT}", self.start),
            web.post(f"{one}/{EXPERIMENT}/stop", self.stop),
            web.post(f"{one}/{{setting:{'|'.join(SETTINGS)}}}", self.change),
        ]

    @describes(
        "Start an experiment: a configured one by name, or one of your own",
        tag="Settings",
        answer=ExperimentChanged,
        status=202,
        body=ConfiguredAsked | Experiment,
        also=UNDONE,
    )
    async def start(self, request: web.Request) -> web.Response:
        camera = self._cameras.of(request)
        given, form = await _given(request)
        configured = self._cameras.settings(camera).capture.experiments
        try:
            asked = experiment_of_form(form) if form else given
            name, payload = experiment_asked(asked, configured, datetime.now(UTC))
        except NotAsked as reason:
            raise web.HTTPUnprocessableEntity(text=str(reason)) from None
        return self._ask(request, camera, EXPERIMENT, payload, {EXPERIMENT: name})

    @describes(
        "End the experiment that runs", tag="Settings", answer=ExperimentChanged, status=202, also=UNDONE
    )
    async def stop(self, request: web.Request) -> web.Response:
        camera = self._cameras.of(request)
        return self._ask(request, camera, EXPERIMENT, b"", {EXPERIMENT: ""})

    @describes("Change a setting", tag="Settings", answer=Changed, status=202, body=ValueAsked, also=UNDONE)
    async def change(self, request: web.Request) -> web.Response:
        camera, setting = self._cameras.of(request), request.match_info["setting"]
        given, form = await _given(request)
        try:
            value = seconds_of_form(form) if "every" in form else {**form, **given}.get("value", ...)
            text = value_asked(value, SETTINGS[setting])
        except NotAsked as reason:
            raise web.HTTPUnprocessableEntity(text=str(reason)) from None
        return self._ask(request, camera, setting, text.encode(), {"setting": setting, "value": text})

    def _ask(
        self, request: web.Request, camera: str, setting: str, payload: bytes, said: dict[str, str]
    ) -> web.Response:
        """Publishes it, and leads back to the page where no page's script asked for it."""
        must_be_there(self._link)
        self._state.forget_refusal(camera, setting)
        self._link.send(self._topics.setting_set(camera, setting), payload)
        request[SAID] = payload.decode()[:200] or "nothing"
        if "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther(f"/cameras/{camera}#pictures")
        return web.json_response({"camera": camera, **said}, status=202)


async def _given(request: web.Request) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The JSON of the request, or its form; the other one is empty."""
    if request.content_type != "application/json":
        form = await form_of(request)
        return {}, {name: value for name, value in form.items() if name != "csrf"}
    try:
        given = json.loads(await request.read())
    except (ValueError, RecursionError):  # also what is no UTF-8
        given = None
    if not isinstance(given, dict):
        raise web.HTTPUnprocessableEntity(text="the body is no JSON object")
    return given, {}
