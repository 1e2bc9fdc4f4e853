"""One camera under watch: its frames from MQTT through the detector into events, in one thread.

Whatever concerns the camera is put into its inbox and done in order by its thread, so nothing here needs a
lock. A live frame is acknowledged when it is in the ring, and within an event when the broker has the event
frame: the broker's window is what bounds the inbox.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from services.contract import topics as leaf
from services.contract.events import EventMessage
from services.contract.frame import Frame, FrameId, NotAFrame, identify
from services.contract.handover import Handover, Resend, Resent
from services.contract.settings import MotionSettings
from services.contract.status import OFF, CaptureStats, MotionStats
from services.contract.topics import Topics
from services.motion.backlog import LATE_S, Backlog
from services.motion.catchup import CatchUp
from services.motion.conduct import Conduct
from services.motion.custody import Custody
from services.motion.detector import Decision
from services.motion.events import GO_ON, Ended, EventMachine, EventSettings, Keep
from services.motion.memory import EventMemory, closed_before, goes_on
from services.motion.numbers import Number, Numbers
from services.motion.ring import Ring
from services.motion.sight import Sight
from services.motion.turns import Turns
from services.motion.voice import Voice
from services.runtime.mqtt import BrokerAddress, Delivery, Link, Parcel, Will
from services.runtime.rates import Rate

log = logging.getLogger(__name__)

MB = 1_000_000
STEP_S = 0.1
#: The ring goes further back than the pre-roll: a frame that is late, or asked for again, is still there.
RING_MORE_S = 2.0
#: With so many frames waiting for so long, the next is kept and not analysed; a burst soon passes.
BUSY, BURST_S = 6, 5.0
#: A frame that is older than this when it arrives is worked off after an outage, not live.
LATE = timedelta(seconds=LATE_S)
#: Without a frame for so long what is there has come, and capture has said its last number meanwhile.
SILENCE_S = 2.5
#: Without a frame for so long the last one shows what was: no event begins with it.
STALE_S = 10.0
#: After our own connection is back, capture's may take so long, and no silence says anything.
CONNECT_S = 10.0
#: An event of an earlier life is closed with the next frame, or without one after so long.
LEFT_OVER_S = 30.0
#: How long the end waits for the archiver's answer to what has just ended; it is kept in any case.
ANSWER_S = 1.0
#: And where the camera leaves for good: nobody would say it again.
LAST_ANSWER_S = 30.0
#: What is no frame is logged no more often than this.
GRUMBLE_S = 1.0


class Watch:
    """A camera's thread, its link and all that is known of it."""

    def __init__(
        self,
        camera: str,
        settings: MotionSettings,
        *,
        broker: BrokerAddress,
        topics: Topics,
        control: Link,
        memory: EventMemory,
        turns: Turns,
        instance: str = "1",
        is_owed_elsewhere: Callable[[str], bool] = lambda _event: False,
    ) -> None:
        """`is_owed_elsewhere` says of an unanswered event whether somebody else here cares for it."""
        self.camera = camera
        self.answer_s = ANSWER_S
        self._is_owed_elsewhere = is_owed_elsewhere
        self._topics = topics
        self._memory = memory
        will = Will(topics.camera(camera, leaf.MOTION), OFF.encode())
        self.link = Link(
            broker,
            f"{topics.prefix}-motion-{camera}",
            session=True,
            manual_ack=True,
            will=will,
            window=20,
            on_lost=_let_go,
        )
        self._voice = Voice(camera, topics, self.link, control, instance)
        self._custody = Custody(
            camera, topics, link=self.link, memory=memory, max_bytes=int(settings.keep_mb * MB)
        )
        self._ring = Ring(settings.pre_roll + RING_MORE_S, int(settings.ring_mb * MB))
        self._sight = Sight(settings, turns)
        self._machine = EventMachine(EventSettings.of(settings))
        self._numbers = Numbers()
        self._conduct = Conduct(
            settings, ring=self._ring, numbers=self._numbers, custody=self._custody, voice=self._voice
        )
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._catch_up = CatchUp(int(settings.ring_mb * MB))
        self._left_open: list[Handover] = []
        self._cut_short: tuple[str, datetime] | None = None
        self._captured: Number | None = None  # the last number that capture gave, and its session
        self._captured_before: Number | None = None  # and the last one of the session before
        self._offline = self._ending = False
        self._connected_s = float("-inf")
        self._behind_s = time.monotonic()  # when we were last not behind
        self._awake_s = self._live_s = 0.0  # a clock that stands still while no frame could come
        self._grumbled_s = float("-inf")
        self._received = self._unusable = 0
        self._tuned_until_s = float("-inf")
        self._backlog = Backlog()
        self._rate = Rate()

    # -- from other threads ----------------------------------------------------------------------------

    def attach(self) -> None:
        """Subscribes; before the link runs."""
        self._voice.motion(on=False)
        for zone in self._conduct.settings.zones:
            self._voice.zone(zone, on=False)
        self.link.on_connect(lambda: self._inbox.put(self._connected))
        self.link.subscribe(self._topics.frames(self.camera, leaf.LIVE), self._post(self._live))
        self.link.subscribe(self._topics.frames(self.camera, leaf.REPAIR), self._post(self._repair))

    def _connected(self) -> None:
        self._connected_s = self._awake_s
        self._backlog.connected()

    def configure(self, settings: MotionSettings, *, detecting: bool) -> None:
        def apply() -> None:
            self._conduct.configure(settings)
            self._ring.seconds = settings.pre_roll + RING_MORE_S
            self._sight.configure(settings, on=detecting)
            self._machine.configure(EventSettings.of(settings))

        self._inbox.put(apply)

    def trigger(self, reason: str, duration_s: float) -> None:
        self._inbox.put(
            lambda: self._conduct.carry_out(self._machine.trigger(reason, duration_s, datetime.now(UTC)))
        )

    def tune(self, seconds: float) -> None:
        """Somebody wants to see the score of each frame for so long."""
        self._tuned_until_s = time.monotonic() + seconds

    def forget_zone(self, zone: str) -> None:
        """The broker remembers this zone: where it is none of ours, it is to forget it."""

        def apply() -> None:
            if zone not in self._conduct.settings.zones:
                self._voice.no_zone(zone)

        self._inbox.put(apply)

    def camera_offline(self) -> None:
        def apply() -> None:
            self._offline = True

        self._inbox.put(apply)

    def captured(self, stats: CaptureStats) -> None:
        def apply() -> None:
            said = int(stats.session, 16), stats.last_sequence
            if self._captured and self._captured[0] != said[0]:
                self._captured_before = self._captured
            self._captured = said

        self._inbox.put(apply)

    def ask(self, request: Resend) -> None:
        self._inbox.put(lambda: self._custody.ask(request, self._ring.get))

    def resent(self, answer: Resent) -> None:
        def apply() -> None:
            self._custody.resent(answer)
            self._catch_up.lost(int(answer.session, 16), answer.gone)
            self._go_on()

        self._inbox.put(apply)

    def answered(self, message: EventMessage) -> None:
        self._inbox.put(lambda: self._custody.answered(message.event or ""))

    @property
    def custody(self) -> Custody:
        """For whoever cares for what is owed when this has ended."""
        return self._custody

    def stats(self) -> MotionStats:
        return MotionStats(
            time=datetime.now(UTC),
            fps=round(self._rate.per_second(time.monotonic()), 2),
            received=self._received,
            analysed=self._sight.analysed,
            rested=self._sight.rested,
            unanalysed=self._sight.unanalysed,
            undecodable=self._unusable + self._sight.undecodable,
            repaired=self._custody.repaired + self._catch_up.repaired,
            missing=self._custody.missing,
            dropped=self._custody.dropped,
            events=self._conduct.events,
            event_frames=self._custody.kept,
            open_handovers=len(self._custody),
            latency_ms=round(self._sight.latency_ms, 1),
            events_today=self._memory.today(self.camera, datetime.now(UTC)),
            last_event=self._memory.last(self.camera),
        )

    # -- life ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Works off the inbox until `stop`; then ends what is open, and waits a moment for its answer."""
        self._take_up()
        self._work_until(stop.is_set)
        self._ending = True
        self._catch_up.give_up()
        self._go_on()
        actions = self._machine.close()
        for action in actions:
            if isinstance(action, Ended) and self._numbers.last:
                self._memory.cut_short(self.camera, action.summary.reason, self._numbers.last.time)
        self._conduct.carry_out(actions)
        until_s = time.monotonic() + self.answer_s
        self._work_until(lambda: len(self._custody) == 0 or time.monotonic() > until_s)

    def _take_up(self) -> None:
        """What an earlier life of ours left."""
        left = self._memory.left_over(self.camera)
        ended, self._left_open = (
            [each for each in part if not self._is_owed_elsewhere(each.event)] for part in left
        )
        self._custody.restore(ended)
        self._numbers.kept = self._memory.kept(self.camera)
        self._numbers.over = self._memory.over(self.camera)
        self._cut_short = self._memory.going_on(self.camera)

    def _work_until(self, enough: Callable[[], bool]) -> None:
        stepped_s = time.monotonic()
        while not enough():
            with contextlib.suppress(queue.Empty):
                self._inbox.get(timeout=STEP_S)()
            now_s = time.monotonic()
            if now_s - stepped_s >= STEP_S:
                self._awake_s += now_s - stepped_s if self.link.connected else 0.0
                stepped_s = now_s
                self._mind_gaps()
                self._mind_silence(self._awake_s - self._live_s)
                self._custody.step(now_s)
                self._mind_wants()

    def _mind_wants(self) -> None:
        self._voice.wants_frames(self._sight.on or self._machine.needs_frames(datetime.now(UTC)))

    def _post(self, work: Callable[[Delivery], None]) -> Callable[[Delivery], None]:
        return lambda delivery: self._inbox.put(lambda: work(delivery))

    # -- frames ----------------------------------------------------------------------------------------

    def _live(self, delivery: Delivery) -> None:
        if self._ending:  # not acknowledged: it is for the life after this one
            return
        frame = self._identified(delivery)
        if frame is None:
            delivery.ack()
            return
        if not self._numbers.is_new(frame.id):
            self._late_comer(frame, delivery)
            return
        self._offline, self._live_s = False, self._awake_s
        self._received += 1
        self._rate.mark(time.monotonic())
        if self._waits(frame):
            delivery.ack()  # it is in our memory, and with capture; the window is for what it waits for
            self._mind_gaps()
        else:
            self._take(frame, delivery.ack)

    def _waits(self, frame: Frame) -> bool:
        """Whether it is to wait for frames before it that did not come."""
        if self._catch_up.active and frame.id.session != self._catch_up.session:
            self._catch_up.give_up()
            self._go_on()
        if self._catch_up.active:
            self._catch_up.hold(frame)
            return True
        if missed := self._numbers.missed(frame.id):
            self._catch_up.begin(missed, frame, self._awake_s)
            return True
        return False

    def _mind_gaps(self) -> None:
        """Asks for what did not come, and goes on with what is there."""
        if not self._catch_up.active:
            return
        if wanted := self._catch_up.due(self._awake_s):
            session = f"{self._catch_up.session:016x}"
            request = Resend(session=session, ranges=wanted, wanted_for=leaf.LIVE, ask="capture")
            self.link.send(self._topics.camera(self.camera, leaf.RESEND), request.payload())
        self._go_on()

    def _go_on(self) -> None:
        while frame := self._catch_up.ready():
            self._take(frame, lambda: None)

    def _take(self, frame: Frame, ack: Callable[[], None]) -> None:
        """The next frame in order; `ack` is called when it is safe."""
        if self._numbers.last is None or self._numbers.last.session != frame.id.session:
            self._memory.came(self.camera, frame.id.session)
        age = datetime.now(UTC) - frame.id.time
        self._conduct.newest, self._conduct.late = frame, age > LATE
        if self._is_older(frame.id):
            self._numbers.came(frame.id)
            self._look(frame, age.total_seconds())
            ack()
            return
        self._close_left_over(frame.id)
        self._cut_off(frame.id)
        left_out = self._numbers.came(frame.id)
        if event := self._machine.event:
            self._conduct.expect(event, frame.id.session, left_out)
        self._ring.add(frame)
        decision = self._look(frame, age.total_seconds())
        self._conduct.blind_since = self._sight.blind_since(frame.id.time)
        if decision:
            self._tell(frame.id, decision)
        actions = self._machine.frame(frame.id, decision)
        self._conduct.carry_out(actions, ack=ack)
        if Keep not in map(type, actions):
            ack()

    def _is_older(self, frame: FrameId) -> bool:
        """Whether it is from before the event that our earlier life left open.

        A broker that was killed may be back at an older state, and gives it once more.
        """
        firsts = [handover.frames[0] for handover in self._left_open]
        return any(first.session == frame.session_hex and frame.sequence < first.sequence for first in firsts)

    def _cut_off(self, frame: FrameId) -> None:
        """Capture was killed in the midst of an event: what it had numbered and not handed over is named."""
        last, event = self._numbers.last, self._machine.event
        if event and last and last.session != frame.session:
            for known in (self._captured, self._captured_before):
                if known:
                    self._conduct.expect(event, known[0], self._numbers.unseen(*known))

    def _look(self, frame: Frame, age_s: float) -> Decision | None:
        """What was kept for us while we were away waits for us: that is no reason to leave anything out."""
        now_s = time.monotonic()
        kept = self._backlog.works_off(age_s, now_s)
        if self._inbox.qsize() < BUSY:
            self._behind_s = now_s
        busy = now_s - self._behind_s > BURST_S and not kept
        return self._sight.look(frame, busy=busy, alert=now_s < self._tuned_until_s)

    def _tell(self, frame: FrameId, decision: Decision) -> None:
        if changed := self._sight.scene_changed(decision, frame.time):
            self._voice.scene_change(self._machine.event, frame.time, changed)
        if time.monotonic() < self._tuned_until_s and not self._conduct.late:
            self._voice.score(frame, decision)

    def _repair(self, delivery: Delivery) -> None:
        if frame := self._identified(delivery):
            self._late_comer(frame, delivery)
        else:
            delivery.ack()

    def _late_comer(self, frame: Frame, delivery: Delivery) -> None:
        if self._catch_up.active and self._catch_up.repair(frame, self._awake_s):
            delivery.ack()
            self._go_on()
            return
        self._ring.repair(frame)
        self._custody.repair(frame, delivery.ack)

    def _identified(self, delivery: Delivery) -> Frame | None:
        try:
            frame_id = identify(delivery.payload)
        except NotAFrame:
            frame_id = None
        if frame_id and frame_id.camera == self.camera and frame_id.sequence > 0:
            return Frame(frame_id, delivery.payload)
        self._unusable += 1
        if time.monotonic() - self._grumbled_s >= GRUMBLE_S:
            self._grumbled_s = time.monotonic()
            log.warning(
                "%s: what came on %s is no frame of this camera; skipped", self.camera, delivery.topic
            )
        return None

    def _mind_silence(self, silent_s: float) -> None:
        """No frame for so long: an event comes to its end, and what capture numbered meanwhile is its."""
        if self._catch_up.active or self._awake_s - self._connected_s < CONNECT_S:
            return
        if silent_s > LEFT_OVER_S:
            self._close_left_over(None)
        actions = self._machine.tick(self._awake_s)
        stale = silent_s > STALE_S and self._machine.event is None
        if stale or (self._offline and silent_s > SILENCE_S):
            actions += self._machine.close()
        for action in actions:
            if isinstance(action, Ended) and self._captured:
                self._conduct.expect(
                    action.summary.event, self._captured[0], self._numbers.unseen(*self._captured)
                )
        self._conduct.carry_out(actions)

    def _close_left_over(self, first_unseen: FrameId | None) -> None:
        """Goes on with the event that an earlier life left open, or ends it where that is long ago."""
        longest = timedelta(seconds=self._conduct.settings.max_length)
        if first_unseen and self._cut_short:
            (reason, at), self._cut_short = self._cut_short, None
            if timedelta() <= first_unseen.time - at <= longest:
                self._machine.trigger(reason, GO_ON.total_seconds(), first_unseen.time)
        for handover in self._left_open:
            if first_unseen and goes_on(handover, first_unseen, longest) and not self._machine.event:
                self._resume(handover, first_unseen)
                continue
            closed = closed_before(handover, first_unseen, longest)
            self._memory.ended(closed)
            self._custody.restore([closed])
            self._voice.closed(closed)
            self._numbers.kept = self._memory.kept(self.camera)
        self._left_open = []

    def _resume(self, handover: Handover, first_unseen: FrameId) -> None:
        """Under the same id, so that a frame which comes once more is the same object once more."""
        until = first_unseen.time + GO_ON
        self._machine.resume(handover.event, handover.reason, handover.started, until)
        self._custody.resume(handover, first_unseen.sequence)
        self._numbers.kept = (first_unseen.session, first_unseen.sequence - 1)


def _let_go(parcel: Parcel) -> None:
    """The broker will never take one so large: the archiver misses the number, and its manifest says so."""
    if parcel.on_taken:
        parcel.on_taken()
