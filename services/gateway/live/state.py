"""The state of cameras and services, as their retained topics tell it."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from services.contract import topics as leaf
from services.contract.events import EventMessage
from services.contract.status import ONLINE, ServiceInfo
from services.contract.topics import ANY, Topics
from services.gateway.live.camera import LEAVES, STATS, CameraState
from services.gateway.live.feed import Change, Feeds
from services.gateway.live.happenings import Happenings

STATISTICS = frozenset({"stats"})

log = logging.getLogger(__name__)


class ServiceView(BaseModel):
    """One instance of a service as it is now."""

    service: str
    instance: str
    online: bool
    version: str | None
    paused: bool = Field(description="an archiver that cannot store at the moment")


@dataclass(slots=True)
class ServiceState:
    """One instance of a service."""

    service: str
    instance: str
    online: bool = False
    info: ServiceInfo | None = None

    def view(self) -> ServiceView:
        return ServiceView(
            service=self.service,
            instance=self.instance,
            online=self.online,
            version=self.info.version if self.info else None,
            paused=bool(self.info and self.info.paused),
        )

    def json(self) -> dict[str, Any]:
        return self.view().model_dump(mode="json")


class LiveState:
    """Keeps what arrives, tells `feeds` what changed, and `on_status` when a camera comes or goes."""

    def __init__(
        self, topics: Topics, labels: dict[str, str], on_status: Callable[[str, bool], None]
    ) -> None:
        self._topics = topics
        self._on_status = on_status
        self._not_understood: set[str] = set()
        self.cameras = {camera: CameraState(camera, label) for camera, label in labels.items()}
        self.services: dict[tuple[str, str], ServiceState] = {}
        self.happenings = Happenings()
        self.feeds = Feeds()
        self._counted: set[str] = set()

    def filters(self) -> list[str]:
        """What to subscribe to."""
        cameras = [self._topics.camera(ANY, name) for name in (*LEAVES, leaf.EVENT)]
        settings = [self._topics.setting_state(ANY, ANY), self._topics.setting_error(ANY, ANY)]
        services = [self._topics.service(ANY, ANY), self._topics.service_info(ANY, ANY)]
        return [*cameras, *settings, *services]

    def take(self, topic: str, payload: bytes) -> None:
        """A message that arrived; what cannot be understood is left out, and said once per topic."""
        try:
            if where := self._topics.split(topic):
                self._take_camera(*where, payload)
            else:
                self._take_service(topic.split("/")[2:], payload)
        except (ValidationError, UnicodeDecodeError):
            if topic not in self._not_understood and len(self._not_understood) < 1000:
                self._not_understood.add(topic)
                log.warning("a message on %s was not understood and is ignored", topic)

    def take_cameras(self, labels: dict[str, str]) -> None:
        """Other cameras, or others' labels; what is known of those that stay is kept."""
        before, self.cameras = self.cameras, {}
        called = {name: each.label for name, each in before.items()}
        for camera, label in labels.items():
            state = self.cameras[camera] = before.get(camera) or CameraState(camera, label)
            state.label = label
        for camera in before.keys() - labels.keys():
            self._on_status(camera, False)
        if called != labels:
            self.feeds.tell(Change("cameras", "cameras", {"cameras": list(labels)}))

    def snapshot(self, *, brief: bool = False) -> dict[str, Any]:
        """Everything, for somebody who begins to listen; brief: but statistics."""
        left_out = STATISTICS if brief else frozenset()
        return {
            "cameras": [
                {key: value for key, value in camera.json().items() if key not in left_out}
                for camera in self.cameras.values()
            ],
            "services": [service.json() for service in self.services.values()],
            "events": [happening.json() for happening in self.happenings],
        }

    def forget_refusal(self, camera: str, setting: str) -> None:
        """Somebody tries again."""
        if self.cameras[camera].refused.pop(setting, None):
            self._tell_camera(self.cameras[camera])

    def online(self, service: str) -> bool:
        return any(state.online for state in self.services_named(service))

    def services_named(self, service: str) -> Iterable[ServiceState]:
        return (state for (name, _), state in self.services.items() if name == service)

    def _take_camera(self, camera: str, name: str, payload: bytes) -> None:
        if name == leaf.EVENT:
            if not payload:  # somebody clears the topic, or looks whether he may write there
                return
            self._take_event(EventMessage.model_validate_json(payload))
            return
        state = self.cameras.get(camera)
        if state is None:
            return
        state.take(name, payload)
        if name == leaf.STATUS:
            self._on_status(camera, state.status == ONLINE)
        if name in STATS:
            self._counted.add(camera)  # three services count: it is told once a second, not each time
        else:
            self._tell_camera(state)

    def tell_counts(self) -> None:
        """Of cameras whose statistics have changed; call it about once a second."""
        for camera in self._counted & set(self.cameras):
            self._tell_camera(self.cameras[camera])
        self._counted.clear()

    def _tell_camera(self, state: CameraState) -> None:
        self._counted.discard(state.camera)
        self.feeds.tell(Change(f"camera/{state.camera}", "camera", state.json(), STATISTICS))

    def _take_event(self, message: EventMessage) -> None:
        if message.camera in self.cameras and (happening := self.happenings.take(message)):
            self.feeds.tell(Change(f"event/{happening.event}", "event", happening.json()))

    def _take_service(self, parts: list[str], payload: bytes) -> None:
        if len(parts) < 2:
            return
        key = (parts[0], parts[1])
        state = self.services.setdefault(key, ServiceState(*key))
        if parts[2:] == ["info"]:
            state.info = ServiceInfo.model_validate_json(payload) if payload else None
        else:
            state.online = payload == ONLINE.encode()
        self.feeds.tell(Change(f"service/{key[0]}/{key[1]}", "service", state.json()))
