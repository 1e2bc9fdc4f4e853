"""All that is known of one camera, and what is done with its frames: looked at, kept, made into events."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from services.contract.frame import Frame, FrameId
from services.contract.handover import Resend, Resent
from services.contract.settings import MotionSettings
from services.contract.status import CaptureStats, MotionStats
from services.contract.topics import Topics
from services.motion.arrivals import Ack, Arrivals
from services.motion.attention import Attention
from services.motion.backlog import LATE_S
from services.motion.conduct import Conduct
from services.motion.custody import Custody
from services.motion.detector import Decision
from services.motion.events import Action, Ended, EventMachine, EventSettings, Keep
from services.motion.left_over import LeftOver
from services.motion.memory import EventMemory
from services.motion.numbers import Numbers
from services.motion.ring import Ring
from services.motion.sight import Sight
from services.motion.silence import Silence
from services.motion.turns import Turns
from services.motion.voice import Voice
from services.motion.youth import Youth
from services.runtime.mqtt import Link

MB = 1_000_000
#: The ring goes further back than the pre-roll: a frame that is late, or asked for again, is still there.
RING_MORE_S = 2.0
#: A frame that is older than this when it arrives is worked off after an outage, not live.
LATE = timedelta(seconds=LATE_S)


class Lookout:
    """One camera's parts, and how they work together. Used by one thread, so nothing here needs a lock.

    `waiting` tells how many frames and other things are still to be done.
    """

    def __init__(
        self,
        camera: str,
        settings: MotionSettings,
        *,
        topics: Topics,
        link: Link,
        control: Link,
        memory: EventMemory,
        turns: Turns,
        instance: str,
        waiting: Callable[[], int],
        is_owed_elsewhere: Callable[[str], bool],
    ) -> None:
        self._camera, self._memory, self._waiting = camera, memory, waiting
        self.voice = Voice(camera, topics, link, control, instance)
        self.custody = Custody(camera, topics, link=link, memory=memory, max_bytes=int(settings.keep_mb * MB))
        self.silence, self.attention = Silence(), Attention(time.monotonic())
        self._sight = Sight(settings, turns)
        self._youth = Youth(camera, memory)
        self._machine = EventMachine(EventSettings.of(settings))
        self._numbers = Numbers()
        self._ring = Ring(settings.pre_roll + RING_MORE_S, int(settings.ring_mb * MB))
        self._conduct = Conduct(
            settings, ring=self._ring, numbers=self._numbers, custody=self.custody, voice=self.voice
        )
        self.arrivals = Arrivals(
            camera,
            topics,
            link,
            numbers=self._numbers,
            silence=self.silence,
            max_bytes=int(settings.ring_mb * MB),
            take=self._take,
            take_late=self._take_late,
        )
        self._left_over = LeftOver(
            camera,
            memory,
            machine=self._machine,
            custody=self.custody,
            numbers=self._numbers,
            voice=self.voice,
            is_owed_elsewhere=is_owed_elsewhere,
        )

    # -- its life --------------------------------------------------------------------------------------

    def take_up(self) -> None:
        """Before the first frame: what an earlier life of ours left."""
        self._left_over.take_up()

    def step(self, now_s: float) -> None:
        """What is due, some times a second."""
        self.arrivals.mind_gaps()
        self.mind_silence()
        self.custody.step(now_s)
        self._say_whether_frames_are_wanted()

    @property
    def busy(self) -> bool:
        """Whether something is open, asked for or owed, so that a step may be due soon."""
        return self.arrivals.waiting or len(self.custody) > 0

    def end(self) -> None:
        """Ends what is open, and remembers that it was cut short."""
        self.arrivals.give_up()
        actions = self._machine.close()
        for action in actions:
            if isinstance(action, Ended) and self._numbers.last:
                self._memory.cut_short(self._camera, action.summary.reason, self._numbers.last.time)
        self._conduct.carry_out(actions)

    # -- what it is told -------------------------------------------------------------------------------

    def configure(self, settings: MotionSettings, *, detecting: bool) -> None:
        self._conduct.configure(settings)
        self._ring.seconds = settings.pre_roll + RING_MORE_S
        self._sight.configure(settings, on=detecting)
        self._machine.configure(EventSettings.of(settings), detecting=detecting)
        self._say_whether_frames_are_wanted()

    def connected(self) -> None:
        self.silence.connected()
        self.attention.connected()

    def trigger(self, reason: str, duration_s: float) -> None:
        self._conduct.carry_out(self._machine.trigger(reason, duration_s, datetime.now(UTC)))
        self._say_whether_frames_are_wanted()

    def captured(self, stats: CaptureStats) -> None:
        self._numbers.captured(int(stats.session, 16), stats.last_sequence)

    def forget_zone(self, zone: str) -> None:
        if zone not in self.zones:
            self.voice.no_zone(zone)

    def ask(self, request: Resend) -> None:
        self.custody.ask(request, self._ring.get)

    def resent(self, answer: Resent) -> None:
        self.custody.resent(answer)
        self.arrivals.resent(answer)

    @property
    def zones(self) -> list[str]:
        """The names of its zones."""
        return list(self._conduct.settings.zones)

    def stats(self) -> MotionStats:
        """May be asked from any thread: it only reads."""
        arrivals, sight, custody = self.arrivals, self._sight, self.custody
        return MotionStats(
            time=datetime.now(UTC),
            fps=round(arrivals.rate.per_second(time.monotonic()), 2),
            received=arrivals.received,
            analysed=sight.analysed,
            rested=sight.rested,
            unanalysed=sight.unanalysed,
            undecodable=arrivals.unusable + sight.undecodable,
            repaired=custody.repaired + arrivals.repaired,
            missing=custody.missing,
            dropped=custody.dropped,
            events=self._conduct.events,
            event_frames=custody.kept,
            open_handovers=len(custody),
            latency_ms=round(sight.latency_ms, 1),
            events_today=self._memory.today(self._camera, datetime.now(UTC)),
            last_event=self._memory.last(self._camera),
        )

    # -- frames ----------------------------------------------------------------------------------------

    def is_awaited(self, frame: Frame, now_s: float) -> bool:
        """Whether this frame is to be looked at, or an event's, as far as is known now.

        May be asked from any thread. An event's frames are published as they come.
        """
        if self._machine.event is not None:
            return True
        return self._sight.would_look(frame, alert=self.attention.tuned(now_s))

    def _take(self, frame: Frame, ack: Ack) -> None:
        """The next frame in order; `ack` is called when it is safe."""
        if self._numbers.last is None or self._numbers.last.session != frame.id.session:
            self._memory.came(self._camera, frame.id.session)
        age = datetime.now(UTC) - frame.id.time
        self._conduct.newest, self._conduct.late = frame, age > LATE
        if self._left_over.is_older(frame.id):
            self._numbers.came(frame.id)
            self._look(frame, age.total_seconds())
            ack()
            return
        self._left_over.close(frame.id, self._longest)
        self._cut_off(frame.id)
        left_out = self._numbers.came(frame.id)
        if event := self._machine.event:
            self._conduct.expect(event, frame.id.session, left_out)
        self._ring.add(frame)
        decision = self._look(frame, age.total_seconds())
        self._conduct.blind_since = self._youth.since(self._sight.blind_since(frame.id.time))
        if decision:
            self._tell(frame.id, decision)
        actions = self._machine.frame(frame.id, decision)
        self._conduct.carry_out(actions, ack=ack)
        if Keep not in map(type, actions):
            ack()

    def _take_late(self, frame: Frame, ack: Ack) -> None:
        self._ring.repair(frame)
        self.custody.repair(frame, ack)

    def _cut_off(self, frame: FrameId) -> None:
        """Capture was killed in the midst of an event: what it had numbered and not handed over is named."""
        last, event = self._numbers.last, self._machine.event
        if event and last and last.session != frame.session:
            for session, unseen in self._numbers.tails():
                self._conduct.expect(event, session, unseen)

    def _look(self, frame: Frame, age_s: float) -> Decision | None:
        now_s = time.monotonic()
        busy = self.attention.busy(self._waiting(), age_s, now_s)
        return self._sight.look(frame, busy=busy, alert=self.attention.tuned(now_s))

    def _tell(self, frame: FrameId, decision: Decision) -> None:
        if changed := self._sight.scene_changed(decision, frame.time):
            self.voice.scene_change(self._machine.event, frame.time, changed)
        if self.attention.tuned(time.monotonic()) and not self._conduct.late:
            self.voice.score(frame, decision)

    def _say_whether_frames_are_wanted(self) -> None:
        self.voice.wants_frames(self._sight.on or self._machine.needs_frames(datetime.now(UTC)))

    def mind_silence(self) -> None:
        """Without frames an event comes to its end, and what capture numbered meanwhile is its."""
        silence = self.silence
        if self.arrivals.waiting or not silence.tells:
            return
        if silence.ends_what_is_left:
            self._left_over.close(None, self._longest)
        actions: list[Action] = self._machine.tick(silence.clock_s)
        if silence.final or (silence.stale and self._machine.event is None):
            actions += self._machine.close()
        for action in actions:
            if isinstance(action, Ended):
                for session, unseen in self._numbers.tails()[:1]:
                    self._conduct.expect(action.summary.event, session, unseen)
        self._conduct.carry_out(actions)

    @property
    def _longest(self) -> timedelta:
        return timedelta(seconds=self._conduct.settings.max_length)
