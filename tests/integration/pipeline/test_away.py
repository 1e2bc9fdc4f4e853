"""What moved while motion was away becomes an event when it is back: late, marked so, and whole."""

from datetime import timedelta

import pytest

from services.contract.events import EventType
from services.contract.topics import Topics
from tests.integration.pipeline.listener import Listener
from tests.integration.pipeline.pipeline import Pipeline

pytestmark = [pytest.mark.real, pytest.mark.timeout(60)]


@pytest.fixture
def soon_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute away takes seconds here, so that what is late is so after one."""
    monkeypatch.setattr("services.motion.backlog.LATE_S", 1.0)
    monkeypatch.setattr("services.motion.lookout.LATE", timedelta(seconds=1))


@pytest.mark.usefixtures("soon_late")
def test_what_moved_while_motion_was_away_is_a_late_event_with_all_frames(
    running: Pipeline, listener: Listener
) -> None:
    running.end("motion")
    running.play(2.0)
    came = max(listener.live)
    running.stage.moving.set()
    running.play(1.5)
    went = max(listener.live)
    running.stage.moving.clear()
    running.play(3.0)
    running.restart_motion()
    manifest = running.manifest()
    running.check_whole(manifest)
    numbers = {frame.sequence for frame in manifest.frames}
    assert numbers >= set(range(came + 2, went + 1))
    assert len(numbers) > went - came + 20, "pre-roll and post-roll are missing"
    starts = running.wait_for("event", lambda: listener.of(EventType.MOTION_START))
    ends = running.wait_for("end", lambda: listener.of(EventType.MOTION_END))
    assert [event.late for event in (*starts, *ends)] == [True, True]
    assert starts[0].event == manifest.event
    topic = Topics(running.prefix).camera(running.camera, "motion")
    assert (topic, b"ON") not in listener.said, "what is over is not said to be going on"
    running.wait_for("frames that are live", lambda: running.account("motion")["received"] > went - came)
    assert running.account("motion")["unanalysed"] == 0
    running.event_begins()
    running.wait_for("ON", lambda: listener.state[topic] == b"ON")
    running.event_ends()
    running.manifest(2)
    assert [event.late for event in listener.of(EventType.MOTION_START)] == [True, None]
