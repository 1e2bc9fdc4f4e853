"""What is wrong, since when, and what to do about it, in plain words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.contract.message import CameraName, Time
from services.contract.partition import Partition
from services.contract.status import OFFLINE, ArchiverStats, CaptureStats, MotionStats
from services.gateway.live.camera import CameraState
from services.gateway.live.state import LiveState

#: An outbox or a spool that is fuller is said, before something is lost.
NEARLY_FULL = 0.8
#: What people miss while a service is away.
CONSEQUENCE = {
    "capture": "no camera delivers pictures",
    "motion": "nothing that moves is noticed",
    "archiver": "events are not stored; their frames wait",
}


class TroubleView(BaseModel):
    """Something that needs somebody."""

    text: str = Field(description="what is wrong")
    advice: str = Field(description="what to do about it")
    since: Time | None
    camera: CameraName | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that needs somebody: what it is, and what to do."""

    text: str
    advice: str
    since: datetime | None = None
    camera: str | None = None

    def view(self) -> TroubleView:
        return TroubleView(text=self.text, advice=self.advice, since=self.since, camera=self.camera)

    def json(self) -> dict[str, Any]:
        return self.view().model_dump(mode="json")


def dated(found: list[Trouble], before: list[Trouble], now: datetime) -> list[Trouble]:
    """Those that nobody has dated began when they were seen first, whatever was counted since."""
    known = {_same(trouble): trouble.since for trouble in before}
    return [
        replace(trouble, since=known.get(_same(trouble)) or now) if trouble.since is None else trouble
        for trouble in found
    ]


def _same(trouble: Trouble) -> tuple[str | None, str]:
    return trouble.camera, re.sub(r"\d+ frames?", "frames", trouble.text)


def troubles(state: LiveState, broker: str, archive: str) -> list[Trouble]:
    """All there is; `broker` and `archive`: what is wrong with our own connections to them."""
    if broker:  # what we know of the others is old, then
        found = [Trouble(_sentence(broker), "Nothing here is live until it is back. Is the broker running?")]
    else:
        found = [*_services(state), *_spool(state)]
        for camera in state.cameras.values():
            found += _camera(camera, state)
    if archive:
        advice = "Events that were stored cannot be shown until it is back."
        if _spools(state):
            advice += " New ones wait on the archiver's disk; nothing of them is lost."
        found.append(Trouble(_sentence(archive), advice))
    return found


def _services(state: LiveState) -> Iterator[Trouble]:
    for service, consequence in CONSEQUENCE.items():
        if not state.online(service):
            yield Trouble(
                f"{service.capitalize()} is not running: {consequence}.",
                f"Start it, and look at its log, such as “docker compose logs {service}”.",
            )
    yield from _empty_slots(state)
    said = {each.info.problem: each for each in state.services.values() if each.online and each.info}
    for problem in said.keys() - {""}:
        yield Trouble(_sentence(problem), "Mend the file: it is read again as soon as it is saved.")
    if any(archiver.info and archiver.info.paused for archiver in state.services_named("archiver")):
        yield Trouble(
            "The archiver has paused: it cannot store at the moment.",
            "Nothing is lost yet; its log says what it waits for.",
        )


def _spool(state: LiveState) -> Iterator[Trouble]:
    said = [camera.stats.get("archiver") for camera in state.cameras.values()]
    filled = max((each.spool_filled for each in said if isinstance(each, ArchiverStats)), default=0.0)
    if filled >= NEARLY_FULL:
        yield Trouble(
            f"The archiver's spool is {filled:.0%} full.",
            "Bring the archive back, or make room on the spool's disk, before frames have nowhere to go.",
        )


def _spools(state: LiveState) -> bool:
    """Whether frames wait on the archiver's disk."""
    said = [camera.stats.get("archiver") for camera in state.cameras.values()]
    return any(isinstance(each, ArchiverStats) and each.in_spool for each in said)


def _empty_slots(state: LiveState) -> Iterator[Trouble]:
    """Replicas that there should be, as the newest of the service understands it."""
    for service in CONSEQUENCE:
        there = [each.info for each in state.services_named(service) if each.online and each.info]
        began = [(info.since, info.slot) for info in there if info.since]
        count = Partition.parse(max(began)[1]).count if began else 1
        if count == 1:
            continue
        slots = {f"{n}/{count}" for n in range(1, count + 1)} - {info.slot for info in there}
        served = {camera for info in there for camera in info.cameras}
        for slot in sorted(slots):
            orphans = [
                camera.label
                for camera in state.cameras.values()
                if Partition.parse(slot).has(camera.camera) and camera.camera not in served
            ]
            if orphans:
                yield Trouble(
                    f"Nobody has the slot {slot} of {service}, and so these cameras: {', '.join(orphans)}.",
                    f"Start the replica of {service} with NIGHTJAR_PARTITION={slot}.",
                )


def _camera(camera: CameraState, state: LiveState) -> Iterator[Trouble]:
    def trouble(text: str, advice: str) -> Trouble:
        return Trouble(f"{camera.label}: {text}", advice, camera.since, camera.camera)

    if camera.problem:
        yield trouble(
            _sentence(camera.problem),
            "It is tried again by itself. Is the camera powered, in the network, at this address?",
        )
    elif camera.status == OFFLINE and camera.enabled:
        yield trouble("the camera is offline.", "Is it powered, in the network, and switched on here?")
    elif not camera.status and state.online("capture"):
        yield trouble(
            "nothing has been heard of the camera.", "Is its name the same in capture's configuration?"
        )
    capture, motion, archiver = (camera.stats.get(name) for name in CONSEQUENCE)
    if isinstance(capture, CaptureStats) and capture.lost:
        yield trouble(
            f"{frames(capture.lost)} never reached the broker.",
            "The broker was away for longer than capture.outbox_mb lasts.",
        )
    if isinstance(capture, CaptureStats) and capture.outbox_filled >= NEARLY_FULL:
        yield trouble(
            f"its outbox is {capture.outbox_filled:.0%} full.",
            "The broker takes no frames; at 100 % the oldest are lost.",
        )
    if isinstance(motion, MotionStats) and motion.missing:
        yield trouble(
            f"{frames(motion.missing)} went missing on the way to motion.",
            "They could not be had again; each event's manifest names those that it misses.",
        )
    if isinstance(archiver, ArchiverStats) and archiver.failed:
        yield trouble(
            f"{frames(archiver.failed)} could not be stored.",
            "The events name them; the archiver's log says why.",
        )


def frames(count: int) -> str:
    return f"{count} frame{'' if count == 1 else 's'}"


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
