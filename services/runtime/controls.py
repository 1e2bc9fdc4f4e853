"""Settings that change at run time: read from MQTT, kept in a file, mirrored as retained state."""

import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from services.contract.controls import Control, Refused, Value, controls_of, plain, write
from services.contract.settings import CameraSettings
from services.contract.topics import Topics
from services.runtime.mqtt import Delivery, Link
from services.runtime.state import StateFile

log = logging.getLogger(__name__)


class ControlBoard:
    """The run-time settings of one service's cameras.

    A value that was set is kept with what `nightjar.yaml` said then; where the file says something else
    today, somebody has edited it since, and the file wins.
    """

    def __init__(
        self,
        service: str,
        cameras: Mapping[str, CameraSettings],
        topics: Topics,
        state: StateFile,
        *,
        on_change: Callable[[str, str], None] = lambda _camera, _setting: None,
        default: Callable[[str, str], Value] = lambda _camera, _setting: None,
    ) -> None:
        """`on_change` is told what was set. `default` is what holds where a value is nothing, for people."""
        self._controls = controls_of(service)
        self._topics = topics
        self._state = state
        self._on_change = on_change
        self._default = default
        self._lock = threading.RLock()
        self._written = {camera: self._values(settings) for camera, settings in cameras.items()}
        self._set: dict[str, dict[str, Value]] = {camera: {} for camera in cameras}

    def load(self) -> None:
        """Takes up what was set before the last end of the service."""
        kept: dict[str, Any] = self._state.read().get("settings", {})
        overruled = False
        for camera, values in kept.items():
            for name, entry in values.items():
                if camera not in self._set or name not in self._controls:
                    continue
                if entry["file"] == self._written[camera][name]:
                    self._set[camera][name] = entry["value"]
                    continue
                overruled = True
                _say_overruled(camera, name, entry["value"])
        if overruled:  # for good, also if the file is changed back
            self._keep()

    def value(self, camera: str, setting: str) -> Any:
        """The value in force."""
        values = self._set[camera]
        return values[setting] if setting in values else self._written[camera][setting]

    def attach(self, link: Link) -> None:
        """Listens for changes of every camera's settings, and shows their values."""
        for camera in self._set:
            self._attach(link, camera)

    def reconfigure(self, link: Link, cameras: Mapping[str, CameraSettings]) -> None:
        """Other cameras, or other values in the file: these win over what was set."""
        with self._lock:
            for camera in self._written.keys() - cameras.keys():
                self._detach(link, camera)
            for camera, settings in cameras.items():
                if camera in self._written:
                    self._rewrite(link, camera, self._values(settings))
                else:
                    self._written[camera], self._set[camera] = self._values(settings), {}
                    self._attach(link, camera)
            self._keep()

    def _values(self, settings: CameraSettings) -> dict[str, Value]:
        return {name: _at(settings, control) for name, control in self._controls.items()}

    def _attach(self, link: Link, camera: str) -> None:
        for name in self._controls:
            handler = partial(self._receive, link, camera, name)
            link.subscribe(self._topics.setting_set(camera, name), handler)
            self._show(link, camera, name)

    def _detach(self, link: Link, camera: str) -> None:
        for name in self._controls:
            link.unsubscribe(self._topics.setting_set(camera, name))
        for topic in self.states(camera):
            link.release(topic)
        del self._written[camera], self._set[camera]

    def _rewrite(self, link: Link, camera: str, written: dict[str, Value]) -> None:
        before, self._written[camera] = self._written[camera], written
        changed = [name for name in written if written[name] != before[name]]
        for name in changed:
            if name in self._set[camera]:
                _say_overruled(camera, name, self._set[camera].pop(name))
        for name in changed:
            self._on_change(camera, name)
        if changed:
            for name in self._controls:
                self._show(link, camera, name)

    def states(self, camera: str) -> list[str]:
        """The retained topics of a camera's settings."""
        return [self._topics.setting_state(camera, name) for name in self._controls]

    def _receive(self, link: Link, camera: str, name: str, delivery: Delivery) -> None:
        if delivery.retain and name in self._set.get(camera, {}):
            return  # said long ago: what was set since is in our file
        try:
            value = self._controls[name].read(delivery.payload.decode().strip())
        except UnicodeDecodeError:
            self._refuse(link, camera, name, "takes text, not bytes")
        except Refused as refusal:
            self._refuse(link, camera, name, str(refusal))
        else:
            self._take(link, camera, name, value)

    def _take(self, link: Link, camera: str, name: str, value: Value) -> None:
        with self._lock:
            if camera not in self._set or value == self.value(camera, name):
                return
            self._set[camera][name] = value
            self._keep()
        log.info("%s: %s is %s now", camera, name, write(value) or "its default")
        self._on_change(camera, name)
        for each in self._controls:  # a default may follow from another setting
            self._show(link, camera, each)

    def _keep(self) -> None:
        kept = {
            camera: {
                name: {"value": value, "file": self._written[camera][name]} for name, value in values.items()
            }
            for camera, values in self._set.items()
            if values
        }
        try:
            self._state.write({"settings": kept})
        except OSError as error:
            log.error("settings cannot be kept over a restart: %s", (error.strerror or str(error)).lower())

    def _show(self, link: Link, camera: str, name: str) -> None:
        value = self.value(camera, name)
        shown = self._default(camera, name) if value is None else value
        link.hold(self._topics.setting_state(camera, name), write(shown).encode())

    def _refuse(self, link: Link, camera: str, name: str, why: str) -> None:
        sentence = f"{name} {why}"
        log.warning(
            "%s: %s; it stays %s", camera, sentence, write(self.value(camera, name)) or "at its default"
        )
        link.send(self._topics.setting_error(camera, name), sentence.encode())


def _say_overruled(camera: str, name: str, value: Value) -> None:
    log.warning(
        "%s: %s was changed in the configuration since it was set to %s; the file wins",
        camera, name, write(value) or "its default",
    )  # fmt: skip


def _at(settings: CameraSettings, control: Control) -> Value:
    value: Any = settings
    for key in control.path:
        value = getattr(value, key)
    return plain(value)
