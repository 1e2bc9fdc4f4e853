"""All our devices as they are now: from the configuration, and from who and what has been heard of."""

import json
from collections.abc import Callable, Mapping

from services.contract.topics import Topics
from services.gateway.cameras import Cameras
from services.gateway.homeassistant.camera import CameraDevice
from services.gateway.homeassistant.naming import Names
from services.gateway.homeassistant.payloads import DeviceConfig
from services.gateway.homeassistant.whole import whole_device
from services.gateway.live.state import LiveState

Described = tuple[object, ...]


class Description:
    """Called, it gives the devices by their names; the same object as long as nothing has changed."""

    def __init__(self, topics: Topics, cameras: Cameras, state: LiveState, public_url: str, own: str) -> None:
        """`own` is the instance of this gateway, which is there also before anybody has heard of it."""
        self._topics = topics
        self._cameras = cameras
        self._state = state
        self._public_url = public_url.rstrip("/")
        self._own = ("gateway", own)
        self._about: Described | None = None
        self._devices: Mapping[str, DeviceConfig] = {}

    def __call__(self) -> Mapping[str, DeviceConfig]:
        about = self._now()
        if about != self._about:
            self._about = about
            self._devices = self._describe()
        return self._devices

    def _now(self) -> Described:
        cameras = tuple(
            (camera, self._cameras.label(camera), *self._zones(camera), *map(self._presence(camera), SERVING))
            for camera in self._cameras
        )
        return *cameras, *self._services()

    def _describe(self) -> Mapping[str, DeviceConfig]:
        devices = {Names(self._topics).device: whole_device(self._topics, self._services(), self._page(""))}
        for camera in self._cameras:
            device = CameraDevice(self._topics, camera, self._presence(camera))
            page = self._page(f"/cameras/{camera}")
            devices[Names(self._topics, camera).device] = device.describe(
                self._cameras.label(camera), self._zones(camera), page
            )
        return devices

    def _page(self, path: str) -> str:
        return f"{self._public_url}{path}" if self._public_url else ""

    def _services(self) -> list[tuple[str, str]]:
        return sorted({*self._state.services, self._own})

    def _zones(self, camera: str) -> list[str]:
        """Those of the setting, and those that somebody has spoken of."""
        state = self._state.cameras[camera]
        try:
            named = json.loads(state.settings["zones"])
        except (KeyError, ValueError):  # motion has not told yet
            named = self._cameras.settings(camera).motion.zones
        return sorted({*named, *state.zones})

    def _presence(self, camera: str) -> Callable[[str], str]:
        """The topic of the instance that serves the camera; the first one where none says that it does."""

        def presence(service: str) -> str:
            serving = [
                (not each.online, each.instance)
                for each in self._state.services_named(service)
                if each.info and camera in each.info.cameras
            ]
            instance = min(serving)[1] if serving else "1"
            return self._topics.service(service, instance)

        return presence


SERVING = ("capture", "motion", "archiver")
