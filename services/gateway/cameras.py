"""The configured cameras, as they are named in addresses."""

from collections.abc import Iterator

from aiohttp import web

from services.contract.settings import CameraSettings, Settings
from services.contract.urls import mask_url

CAMERA = "{camera:[a-z0-9][a-z0-9_-]{0,62}}"
EVENT = r"{event:[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4,16}}"


class Cameras:
    """Finds the camera that a request is about; one that is not configured does not exist."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.on_demand = OnDemand(self)

    def take(self, settings: Settings) -> None:
        """The cameras of another configuration."""
        self._settings = settings

    def labels(self) -> dict[str, str]:
        """What people call them, in the order of the configuration."""
        return {camera: self._settings.label(camera) for camera in self._settings.cameras}

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings.cameras)

    def __contains__(self, camera: object) -> bool:
        return camera in self._settings.cameras

    def label(self, camera: str) -> str:
        return self._settings.label(camera)

    def settings(self, camera: str) -> CameraSettings:
        return self._settings.cameras[camera]

    def url(self, camera: str) -> str:
        """Where its pictures come from, without anything secret."""
        return mask_url(self._settings.cameras[camera].url)

    @staticmethod
    def path(leaf: str) -> str:
        """The route of what each camera has."""
        return f"/cameras/{CAMERA}/{leaf}"

    def of(self, request: web.Request) -> str:
        """The camera in the address, or the only one there is. Raises 404."""
        camera = request.match_info.get("camera")
        if camera is None:
            if len(self._settings.cameras) != 1:
                raise web.HTTPNotFound(
                    text=f"there are {len(self._settings.cameras)} cameras: ask for one as "
                    "/cameras/<camera>/…"
                )
            return next(iter(self))
        if camera not in self:
            raise web.HTTPNotFound(text=f"there is no camera '{camera}'")
        return camera


class OnDemand:
    """Those of the cameras that sleep while nobody wants them."""

    def __init__(self, cameras: Cameras) -> None:
        self._cameras = cameras

    def __contains__(self, camera: object) -> bool:
        return camera in self._cameras and self._cameras.settings(str(camera)).capture.on_demand
