"""From the first to the last number of an event every frame is in the store, whatever goes wrong."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from services.contract.events import EventType
from services.contract.frame import identify
from services.contract.pieces import Pieces
from services.contract.status import ServiceInfo
from services.contract.topics import Topics
from services.runtime.mqtt import Link
from services.store import Store, StoreUnavailable
from tests.integration.pipeline.listener import Listener
from tests.integration.pipeline.pipeline import Pipeline
from tests.real import Archive, MqttServer, S3Server

pytestmark = [pytest.mark.real, pytest.mark.timeout(60)]


def test_an_event_is_in_the_store_as_it_was_on_mqtt(running: Pipeline, listener: Listener) -> None:
    running.event_begins()
    running.play(1.0)
    running.event_ends()
    manifest = running.manifest()
    running.check_whole(manifest)
    numbers = [frame.sequence for frame in manifest.frames]
    known = [number for number in numbers if number in listener.live]
    assert len(known) > 20
    for frame in manifest.frames:
        if frame.sequence in listener.live:
            assert running.store.get(frame.key) == listener.live[frame.sequence]
    running.wait_for("answer", lambda: listener.answers)
    assert [event.event_type for event in listener.events if event.event_type != EventType.MOTION_UPDATE] == [
        EventType.MOTION_START,
        EventType.MOTION_END,
        EventType.ARCHIVED,
    ]
    assert listener.answers[0].count == len(numbers)
    assert listener.asked_by_archiver == []


def test_a_trigger_is_an_event_with_pre_roll(running: Pipeline, listener: Listener) -> None:
    topics = Topics(running.prefix)
    listener.publish(topics.camera(running.camera, "trigger"), b'{"reason": "bell", "duration_s": 0.5}')
    manifest = running.manifest()
    running.check_whole(manifest)
    assert manifest.reason == "bell"
    assert len(manifest.frames) >= 25
    assert listener.state[topics.camera(running.camera, "motion")] == b"OFF"


def test_two_events_in_a_row_share_no_frame(running: Pipeline) -> None:
    running.event_begins()
    running.event_ends()
    running.wait_for("end", running.manifests)
    running.event_begins()
    running.event_ends()
    running.manifest(2)
    running.check_whole(*running.manifests())


def test_the_broker_is_restarted_in_the_middle(running: Pipeline, mqtt_server: MqttServer) -> None:
    running.event_begins()
    running.play(0.5)
    mqtt_server.restart()
    running.play(1.0)
    running.event_ends()
    running.check_whole(running.manifest())


def test_the_broker_is_killed_in_the_middle(running: Pipeline, mqtt_server: MqttServer) -> None:
    """It forgets what it had acknowledged: only repair by number brings it back."""
    running.event_begins()
    running.play(0.5)
    mqtt_server.kill()
    mqtt_server.start()
    running.play(1.0)
    running.event_ends()
    running.check_whole(running.manifest())


def test_the_archiver_is_away_in_the_middle(running: Pipeline, listener: Listener) -> None:
    running.event_begins()
    running.play(0.5)
    running.end("archiver")
    running.play(0.7)
    running.new_archiver()
    running.event_ends()
    running.check_whole(running.manifest())
    running.wait_for("answer", lambda: listener.answers)
    assert [answer.event_type for answer in listener.answers] == [EventType.ARCHIVED]
    assert listener.asked_by_archiver == []


def test_the_archiver_ends_while_frames_wait_for_the_store(running: Pipeline, listener: Listener) -> None:
    """They were not acknowledged, so the broker brings them again, and nobody has to be asked."""
    running.new_archiver(Closed(running.open_store()))
    running.event_begins()
    running.wait_for("frames that wait", lambda: running.account("archiver")["waiting"] > 5)
    running.new_archiver()
    running.event_ends()
    running.check_whole(running.manifest())
    assert listener.asked_by_archiver == []


def test_the_archiver_ends_between_the_manifest_and_its_answer(
    running: Pipeline, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.motion.custody.SAY_AGAIN_S", 1.0)
    running.new_archiver()
    monkeypatch.setattr(running.archiver._events, "_say", lambda _message: None)
    running.event_begins()
    running.event_ends()
    before = running.manifest()
    assert listener.answers == []
    running.new_archiver()
    running.wait_for("answer", lambda: listener.answers)
    assert listener.answers[0].event_type is EventType.ARCHIVED
    assert running.manifests() == [before]


def test_motion_is_stopped_and_started_in_the_middle(running: Pipeline) -> None:
    running.event_begins()
    running.play(0.5)
    running.restart_motion()
    running.play(2.0)
    running.event_ends()
    running.wait_for("two events", lambda: len(running.manifests()) >= 2)
    running.check_whole(*running.manifests())


def test_motion_is_killed_in_the_middle(pipeline: Pipeline, listener: Listener) -> None:
    """It gets no chance to say goodbye: what it had not acknowledged comes again to the life after it, which
    goes on with the same event.
    """
    pipeline.start("archiver", "capture")
    victim = pipeline.motion_process()
    pipeline.wait_for("learnt scene", lambda: listener.stats("motion").get("analysed", 0) > 30)
    pipeline.stage.moving.set()
    pipeline.wait_for("event", lambda: listener.of(EventType.MOTION_START))
    pipeline.play(0.5)
    victim.kill()
    victim.wait()
    pipeline.play(0.5)
    pipeline.start("motion")
    pipeline.play(3.0)
    pipeline.event_ends()
    pipeline.check_whole(pipeline.manifest())


def test_the_camera_is_lost_in_the_middle(running: Pipeline) -> None:
    running.event_begins()
    running.play(0.5)
    running.stage.lost.set()
    running.stage.moving.clear()
    running.wait_for("lost camera", lambda: running.account("capture")["reconnects"])
    manifest = running.manifest()
    running.check_whole(manifest)
    assert manifest.frames[-1].sequence == running.account("capture")["last_sequence"]


def test_the_store_is_away_for_seconds(running: Pipeline, request: pytest.FixtureRequest) -> None:
    server = s3_of(running, request)
    running.event_begins()
    running.play(0.3)
    server.stop()
    running.event_ends()
    running.wait_for("problem", running.archiver.problems)
    server.start()
    running.check_whole(running.manifest())
    assert running.archiver.problems() == []


def test_a_bucket_that_vanished_comes_back(running: Pipeline, request: pytest.FixtureRequest) -> None:
    server = s3_of(running, request)
    with server.client() as client:
        client.remove_bucket(running.store.bucket or "")
    running.event_begins()
    running.event_ends()
    running.check_whole(running.manifest())


def test_a_wrong_key_of_the_store_is_said_once_and_nothing_is_lost(
    running: Pipeline, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    server = s3_of(running, request)
    right, running.archive = running.archive, Archive(running.archive.url, server.access_key, "wrong-secret")
    running.new_archiver()
    running.event_begins()
    running.event_ends()
    [problem] = running.wait_for("problem", running.archiver.problems)
    assert problem.startswith(f"S3 at {server.endpoint} refused the key for bucket {running.store.bucket} (")
    assert "check archive.access_key, archive.secret_key" in problem
    running.wait_for("frames that wait", lambda: running.account("archiver")["in_spool"] >= 20)
    said = [text for text in caplog.messages if text.startswith(problem)]
    assert said == [f"{problem}; frames are kept in the spool meanwhile"]
    running.archive = right
    running.new_archiver()
    running.check_whole(running.manifest())


def test_motion_trusts_no_acknowledgement_while_the_archiver_is_paused(
    pipeline: Pipeline, listener: Listener
) -> None:
    """It says so, and what it had to let go of."""
    pipeline.start("motion")
    pipeline.wait_for("motion to be connected", lambda: not pipeline.motion.problems())
    topic = Topics(pipeline.prefix).service_info("archiver", "1")
    info = ServiceInfo(service="archiver", version="1", instance="1", cameras=[pipeline.camera], paused=True)
    listener.publish(topic, info.payload(), retain=True)
    [problem] = pipeline.wait_for("word of it", pipeline.motion.problems)
    assert problem.startswith("the archiver is paused: events' frames are kept here as well")
    listener.publish(topic, info.model_copy(update={"paused": False}).payload(), retain=True)
    pipeline.wait_for("end of it", lambda: not pipeline.motion.problems())


class TestAFrameThatIsLost:
    def test_between_capture_and_motion_is_repaired_from_captures_ring(
        self, running: Pipeline, listener: Listener
    ) -> None:
        link = running.capture._feeds[running.camera].link
        lost = losing(link, "/live", every=7, at_most=3)
        running.event_begins()
        running.play(0.8)
        running.event_ends()
        manifest = running.manifest()
        running.check_whole(manifest)
        assert len(lost) == 3
        assert {request.ask for request in listener.asked} == {"capture"}
        assert running.account("motion")["repaired"] >= 1
        assert running.account("motion")["missing"] == 0

    def test_between_motion_and_the_archiver_is_repaired_from_motion(
        self, running: Pipeline, listener: Listener
    ) -> None:
        link = running.motion._watches[running.camera].link
        lost = losing(link, "/event/", every=7, at_most=3)
        running.event_begins()
        running.play(0.8)
        running.event_ends()
        manifest = running.manifest()
        running.check_whole(manifest)
        assert set(lost) <= {frame.sequence for frame in manifest.frames}
        assert {request.ask for request in listener.asked_by_archiver} == {"motion"}

    def test_and_that_motion_no_longer_has_is_repaired_from_capture(
        self, running: Pipeline, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watch = running.motion._watches[running.camera]
        losing(watch.link, "/event/", every=7, at_most=3)
        monkeypatch.setattr(watch.custody._frames, "get", lambda *_: None)
        monkeypatch.setattr(watch._lookout._ring, "get", lambda *_: None)
        running.event_begins()
        running.event_ends()
        running.check_whole(running.manifest())
        assert [request.ask for request in listener.asked_by_archiver] == ["motion", "capture"]

    def test_and_that_nobody_has_any_more_is_counted_named_and_shown(
        self, running: Pipeline, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        feed = running.capture._feeds[running.camera]
        lost = losing(feed.link, "/live", every=7, at_most=1)
        monkeypatch.setattr(feed._repairs, "_get", lambda _number: None)
        running.event_begins()
        running.event_ends()
        manifest = running.manifest()
        assert [(gap.first, gap.last, gap.why) for gap in manifest.missing] == [
            (lost[0], lost[0], "capture no longer has it")
        ]
        running.wait_for("answer", lambda: listener.answers)
        assert listener.answers[0].event_type is EventType.ARCHIVE_FAILED
        assert running.account("motion")["missing"] == 1


class Closed:
    """A store that takes nothing, in front of one that would."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(
        self, key: str, data: bytes, content_type: str = "", metadata: Mapping[str, str] | None = None
    ) -> None:
        raise StoreUnavailable("the store is closed for the test")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def losing(link: Link, leaf: str, *, every: int, at_most: int) -> list[int]:
    """The broker acknowledges some frames on such topics and loses them; the list of their numbers grows."""
    lost: list[int] = []
    send = link.send

    def lossy(
        topic: str,
        payload: bytes | Pieces,
        *,
        retain: bool = False,
        on_taken: Callable[[], None] | None = None,
    ) -> None:
        frame = identify(bytes(payload)) if leaf in topic else None
        if frame and frame.sequence % every == 0 and len(lost) < at_most and frame.sequence not in lost:
            lost.append(frame.sequence)
            if on_taken:
                on_taken()
        else:
            send(topic, payload, retain=retain, on_taken=on_taken)

    setattr(link, "send", lossy)  # noqa: B010  (a method is replaced)
    return lost


def s3_of(pipeline: Pipeline, request: pytest.FixtureRequest) -> S3Server:
    if pipeline.archive.url.startswith("file:"):
        pytest.skip("a folder is not taken away, nor does it ask for a key")
    server: S3Server = request.getfixturevalue("s3_server")
    return server
