"""What motion says of a camera: ON and OFF, its events, and the best picture of each."""

from datetime import datetime

from services.contract import topics as leaf
from services.contract.events import Box, EventMessage, EventType, FrameRef
from services.contract.frame import FrameId
from services.contract.handover import Handover
from services.contract.status import OFF, ON, Score
from services.contract.topics import Topics
from services.motion.detector import Box as Place
from services.motion.detector import Decision
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

    def zone(self, zone: str, *, on: bool) -> None:
        self._link.hold(self._topics.zone(self._camera, zone), (ON if on else OFF).encode())

    def no_zone(self, zone: str) -> None:
        """There is no such zone any more: the broker forgets what was said of it."""
        self._link.hold(self._topics.zone(self._camera, zone), b"")

    def score(self, frame: FrameId, decision: Decision) -> None:
        """What was made of one frame: now or never."""
        score = Score(
            time=frame.time,
            session=frame.session_hex,
            sequence=frame.sequence,
            score=round(decision.score, 3),
            moving=decision.moving,
            boxes=_boxes(decision.boxes),
            near=_boxes(decision.near),
            zones=list(decision.zones),
            scene_change=round(min(1.0, decision.scene_change), 3),
        )
        self._control.flash(self._topics.camera(self._camera, leaf.SCORE), score.payload())

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
                score=round(opened.score, 3) if opened.boxes else None,
                boxes=_boxes(opened.boxes) or None,
                zones=list(opened.zones) or None,
            )
        )

    def updated(self, summary: Summary, *, late: bool = False) -> None:
        self._say(self._about(EventType.MOTION_UPDATE, summary, late=late))

    def ended(self, summary: Summary, settings_hash: str, *, late: bool = False) -> None:
        message = self._about(EventType.MOTION_END, summary, late=late)
        self._say(message.model_copy(update={"settings_hash": settings_hash}))

    def closed(self, handover: Handover) -> None:
        """An event that an earlier life of ours left open is over."""
        self._say(
            EventMessage(
                event_type=EventType.MOTION_END,
                camera=self._camera,
                event=handover.event,
                time=handover.ended,
                reason=handover.reason,
                started=handover.started,
                ended=handover.ended,
                duration_s=round((handover.ended - handover.started).total_seconds(), 3),
            )
        )

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

    def _about(self, kind: EventType, summary: Summary, *, late: bool) -> EventMessage:
        return EventMessage(
            event_type=kind,
            camera=self._camera,
            event=summary.event,
            time=summary.ended,
            reason=summary.reason,
            late=late or None,
            started=summary.started,
            ended=summary.ended,
            duration_s=round(summary.duration_s, 3),
            score=round(summary.score, 3),
            peak=round(summary.peak, 3),
            boxes=_boxes(summary.boxes),
            zones=list(summary.zones) or None,
            entered=list(summary.entered) or None,
            left=list(summary.left) or None,
            best=_reference(summary.best) if summary.best else None,
        )

    def _say(self, message: EventMessage) -> None:
        self._control.send(self._topics.camera(self._camera, leaf.EVENT), message.payload())


def _reference(frame: FrameId) -> FrameRef:
    return FrameRef(session=frame.session_hex, sequence=frame.sequence, time=frame.time)


def _boxes(places: tuple[Place, ...]) -> list[Box]:
    return [_box(place) for place in places]


def _box(place: Place) -> Box:
    x, y, width, height = (round(min(1.0, max(0.0, each)), 4) for each in place)
    return Box(x=x, y=y, width=width, height=height)
