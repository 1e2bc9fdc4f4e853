"""What motion says of a camera: ON and OFF, its events, and the best picture of each."""

from datetime import datetime

from services.contract import topics as leaf
from services.contract.events import Box, EventMessage, EventType
from services.contract.status import OFF, ON
from services.contract.topics import Topics
from services.motion.detector import Box as Place
from services.motion.events import MOTION, Opened, Summary
from services.runtime.mqtt import Link


class Voice:
    """One camera's messages. `motion` goes over the camera's own link, whose last will is OFF."""

    def __init__(self, camera: str, topics: Topics, link: Link, control: Link, instance: str = "1") -> None:
        self._camera = camera
        self._topics = topics
        self._link = link
        self._control = control
        self._want_topic = topics.want(camera, f"motion-{instance}")

    def motion(self, *, on: bool) -> None:
        self._link.hold(self._topics.camera(self._camera, leaf.MOTION), (ON if on else OFF).encode())

    def wants_frames(self, wanted: bool) -> None:
        self._control.hold(self._want_topic, (ON if wanted else OFF).encode())

    def opened(self, opened: Opened, *, late: bool) -> None:
        kind = EventType.MOTION_START if opened.reason == MOTION else EventType.MANUAL
        self._say(
            EventMessage(
                event_type=kind,
                camera=self._camera,
                event=opened.event,
                time=opened.time,
                reason=opened.reason,
                late=late or None,
            )
        )

    def updated(self, summary: Summary) -> None:
        self._say(self._about(EventType.MOTION_UPDATE, summary, time=summary.ended))

    def ended(self, summary: Summary, settings_hash: str) -> None:
        message = self._about(EventType.MOTION_END, summary, time=summary.ended)
        self._say(message.model_copy(update={"settings_hash": settings_hash}))

    def scene_change(self, event: str | None, time: datetime, changed: float) -> None:
        self._say(
            EventMessage(
                event_type=EventType.SCENE_CHANGE,
                camera=self._camera,
                event=event,
                time=time,
                changed=min(1.0, changed),
            )
        )

    def snapshot(self, jpeg: bytes) -> None:
        self._link.send(self._topics.frames(self._camera, leaf.SNAPSHOT), jpeg, retain=True)

    def _about(self, kind: EventType, summary: Summary, time: datetime) -> EventMessage:
        return EventMessage(
            event_type=kind,
            camera=self._camera,
            event=summary.event,
            time=time,
            reason=summary.reason,
            started=summary.started,
            ended=summary.ended,
            duration_s=round(summary.duration_s, 3),
            score=round(summary.score, 3),
            peak=round(summary.peak, 3),
            boxes=[_box(place) for place in summary.boxes],
        )

    def _say(self, message: EventMessage) -> None:
        self._control.send(self._topics.camera(self._camera, leaf.EVENT), message.payload())


def _box(place: Place) -> Box:
    x, y, width, height = (round(min(1.0, max(0.0, each)), 4) for each in place)
    return Box(x=x, y=y, width=width, height=height)
