"""What the broker's messages tell of a running system."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from services.contract import topics as leaf
from services.contract.status import (
    ONLINE,
    ArchiverStats,
    CaptureStats,
    HealthDetail,
    MotionStats,
    ServiceInfo,
)
from services.contract.topics import ANY, Topics
from services.runtime.mqtt.examine import Heard

M = TypeVar("M", bound=BaseModel)

STATS: dict[str, type[CaptureStats | MotionStats | ArchiverStats]] = {
    "capture": CaptureStats, "motion": MotionStats, "archiver": ArchiverStats,
}  # fmt: skip


def filters(topics: Topics) -> list[str]:
    """What to subscribe to."""
    cameras = [topics.camera(ANY, name) for name in (leaf.STATUS, leaf.HEALTH_DETAIL)]
    stats = [topics.stats(ANY, service) for service in STATS]
    return [topics.service(ANY, ANY), topics.service_info(ANY, ANY), *cameras, *stats]


@dataclass(slots=True)
class CameraSeen:
    """One camera, as its topics tell it."""

    status: str = ""
    problem: str = ""
    stats: dict[str, CaptureStats | MotionStats | ArchiverStats] = field(default_factory=dict)


@dataclass(slots=True)
class Seen:
    """Everything that was heard, brought into order."""

    cameras: dict[str, CameraSeen] = field(default_factory=dict)
    online: dict[tuple[str, str], bool] = field(default_factory=dict)  # by service and instance
    infos: dict[tuple[str, str], dict[str, ServiceInfo]] = field(default_factory=dict)  # and then by run
    spoke: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # runs, while we listened
    offsets_s: dict[str, float] = field(default_factory=dict)  # by service: its clock before ours, about
    counting: set[tuple[str, str]] = field(default_factory=set)  # service and camera, while we listened

    def running(self, service: str) -> list[ServiceInfo]:
        """The newest word of each instance that is online."""
        return [
            list(infos.values())[-1]
            for key, infos in self.infos.items()
            if key[0] == service and self.online.get(key)
        ]


def look_at(heard: Iterable[Heard], topics: Topics) -> Seen:
    """What nobody understands is left out."""
    seen = Seen()
    for message in heard:
        if not message.payload:
            continue
        try:
            if where := topics.split(message.topic):
                _camera(seen, *where, message)
            else:
                _service(seen, message.topic.removeprefix(f"{topics.prefix}/").split("/"), message)
        except (ValidationError, UnicodeDecodeError):
            continue
    return seen


def _camera(seen: Seen, camera: str, name: str, message: Heard) -> None:
    of = seen.cameras.setdefault(camera, CameraSeen())
    service = name.removeprefix("stats/")
    if name == leaf.STATUS:
        of.status = message.payload.decode()
    elif name == leaf.HEALTH_DETAIL:
        of.problem = _read(HealthDetail, message).problem
    elif service in STATS:
        stats = of.stats[service] = _read(STATS[service], message)
        if not message.retained:
            seen.counting.add((service, camera))
            offset_s = stats.time.timestamp() - message.at_s
            known_s = seen.offsets_s.get(service, offset_s)
            seen.offsets_s[service] = max(known_s, offset_s)  # the one that travelled least is nearest


def _service(seen: Seen, parts: list[str], message: Heard) -> None:
    match parts:
        case ["service", service, instance]:
            seen.online[service, instance] = message.payload == ONLINE.encode()
        case ["service", service, instance, "info"]:
            info = _read(ServiceInfo, message)
            runs = seen.infos.setdefault((service, instance), {})
            runs.pop(info.run, None)
            runs[info.run] = info
            if not message.retained:
                seen.spoke.setdefault((service, instance), set()).add(info.run)


def _read(model: type[M], message: Heard) -> M:
    return model.model_validate_json(message.payload)
