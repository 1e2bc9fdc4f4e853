"""Settings that change at run time: read from MQTT, kept in a file, mirrored as retained state."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from services.contract.controls import Control, Refused, Value, controls_of, plain, write
from services.contract.settings import CameraSettings
from services.contract.topics import ANY, Topics
from services.runtime.mqtt import Delivery, Link
from services.runtime.state import StateFile

log = logging.getLogger(__name__)


class ControlBoard:
    """The run-time settings of one service's cameras.

    A value that was set is kept with what `nightjar.yaml` said then; where the file says something else
    today, somebody has edited it since, and the file wins. Of several replicas each knows the settings of all
    cameras, and answers for those that it is at work on.
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
        self._at_work: set[str] = set()

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

    def attach(self, link: Link, at_work: Iterable[str] | None = None) -> None:
        """Listens for changes of the settings of all cameras, or of these, and shows their values."""
        for camera in self._set if at_work is None else at_work:
            self._attach(link, camera)

    def overhear(self, link: Link) -> None:
        """Remembers what other replicas say of their cameras: one of them may be ours tomorrow."""
        for name in self._controls:
            link.subscribe(self._topics.setting_state(ANY, name), partial(self._overhear, name))

    def reconfigure(
        self, link: Link, cameras: Mapping[str, CameraSettings], at_work: Iterable[str] | None = None
    ) -> None:
        """Other cameras, or other values in the file: these win over what was set."""
        with self._lock:
            wanted = set(cameras if at_work is None else at_work)
            for camera in self._at_work - wanted:
                self._detach(link, camera, gone=camera not in cameras)
            for camera in self._written.keys() - cameras.keys():
                del self._written[camera], self._set[camera]
            for camera, settings in cameras.items():
                if camera in self._written:
                    self._rewrite(link, camera, self._values(settings))
                else:
                    self._written[camera], self._set[camera] = self._values(settings), {}
            for camera in wanted - self._at_work:
                self._attach(link, camera)
            self._keep()

    def _values(self, settings: CameraSettings) -> dict[str, Value]:
        return {name: _at(settings, control) for name, control in self._controls.items()}

    def _attach(self, link: Link, camera: str) -> None:
        self._at_work.add(camera)
        for name in self._controls:
            handler = partial(self._receive, link, camera, name)
            link.subscribe(self._topics.setting_set(camera, name), handler)
            self._show(link, camera, name)

    def _detach(self, link: Link, camera: str, *, gone: bool) -> None:
        """The camera is gone, or another replica's now, which says the same."""
        self._at_work.discard(camera)
        for name in self._controls:
            link.unsubscribe(self._topics.setting_set(camera, name))
        for topic in self.states(camera):
            (link.release if gone else link.forget)(topic)

    def _rewrite(self, link: Link, camera: str, written: dict[str, Value]) -> None:
        before, self._written[camera] = self._written[camera], written
        changed = [name for name in written if written[name] != before[name]]
        for name in changed:
            if name in self._set[camera]:
                _say_overruled(camera, name, self._set[camera].pop(name))
        if camera not in self._at_work:
            return
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

    def _overhear(self, name: str, delivery: Delivery) -> None:
        camera, _ = self._topics.split(delivery.topic) or ("", "")
        with self._lock:
            if camera in self._at_work or camera not in self._set or not delivery.payload:
                return
            try:
                text = delivery.payload.decode()
                value = self._controls[name].read(text)
            except (UnicodeDecodeError, Refused):  # of another release
                return
            written = self._written[camera][name]
            if value == written or (written is None and text == write(self._default(camera, name))):
                self._set[camera].pop(name, None)
            else:
                self._set[camera][name] = value
            self._keep()

    def _take(self, link: Link, camera: str, name: str, value: Value) -> None:
        with self._lock:
            if camera not in self._at_work or value == self.value(camera, name):
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
