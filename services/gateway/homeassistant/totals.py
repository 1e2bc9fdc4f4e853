"""What the accounts of the services come to, and what is wrong anywhere: the gateway's own words on MQTT."""

from collections.abc import Sequence

from services.contract.status import OFF, ON, ArchiverStats, CaptureStats, HealthDetail, MotionStats, Totals
from services.contract.topics import Topics
from services.gateway.live.camera import CameraState
from services.gateway.live.health import Trouble
from services.gateway.live.state import LiveState
from services.runtime.mqtt import Link

#: Home Assistant keeps no attributes of more than 16 KB.
MOST_TROUBLES = 20
#: Totals that do not change are said again so seldom: a broker may have forgotten them.
EVERY_TICKS = 10


def totals(camera: CameraState) -> Totals:
    """What a service has not said yet counts as nothing."""
    capture, motion, archiver = (camera.stats.get(name) for name in ("capture", "motion", "archiver"))
    backlog = lost = on_the_way = 0
    if isinstance(capture, CaptureStats):
        backlog += capture.outbox_frames
        lost += capture.lost
    if isinstance(motion, MotionStats):
        on_the_way = motion.missing
    if isinstance(archiver, ArchiverStats):
        backlog += archiver.waiting + archiver.in_spool
        on_the_way = max(on_the_way + archiver.failed, archiver.missing)  # which names most of them again
    return Totals(backlog=backlog, lost=lost + on_the_way)


def health(troubles: Sequence[Trouble]) -> HealthDetail:
    """All that is wrong, as one text; since when the first of it that knows."""
    since = [trouble.since for trouble in troubles if trouble.since]
    return HealthDetail(
        problem=" ".join(trouble.text for trouble in troubles[:MOST_TROUBLES]),
        since=min(since) if since else None,
    )


class Bulletin:
    """Says both on MQTT."""

    def __init__(self, topics: Topics, link: Link, state: LiveState) -> None:
        self._topics = topics
        self._link = link
        self._state = state
        self._troubles: Sequence[Trouble] = ()
        self._said: dict[str, Totals] = {}
        self._again = 0

    def tick(self, troubles: Sequence[Trouble]) -> None:
        self._troubles = troubles
        for topic, payload in self._health().items():
            self._link.hold(topic, payload)
        self._again = (self._again + 1) % EVERY_TICKS
        if self._again == 0:
            self._said.clear()
        self._say_totals()

    def repeat(self) -> None:
        """Again, for whoever has just come to listen."""
        for topic, payload in self._health().items():
            self._link.send(topic, payload, retain=True)
        self._said.clear()
        self._say_totals()

    def _health(self) -> dict[str, bytes]:
        return {
            self._topics.health: (ON if self._troubles else OFF).encode(),
            self._topics.health_detail: health(self._troubles).payload(),
        }

    def _say_totals(self) -> None:
        for camera in self._state.cameras.values():
            now = totals(camera)
            if now != self._said.get(camera.camera):
                topic = self._topics.stats(camera.camera, "gateway")
                if self._link.flash(topic, now.payload(), retain=True):
                    self._said[camera.camera] = now
