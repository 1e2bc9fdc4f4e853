"""What a notification links to: an event's picture and clip, by the event's id alone."""

import io
from datetime import UTC, datetime, timedelta

import av
import cv2
import numpy as np
import pytest

from services.contract.archive_keys import KeyLayout
from services.contract.events import EventMessage, EventType
from services.contract.frame import FrameId, stamp
from services.gateway.archive import clips
from tests.integration.gateway.conftest import Scene, eventually
from tests.integration.gateway.http import BASIC, HTML
from tests.unit.archives import keep_event

NOW = datetime.now(UTC).replace(microsecond=0)


def picture(n: int) -> bytes:
    """A real one, 1600 x 901, that gets lighter."""
    done, jpeg = cv2.imencode(".jpg", np.full((901, 1600, 3), 20 * n, np.uint8))
    assert done
    return jpeg.tobytes()


def say(scene: Scene, kind: EventType, event: str) -> None:
    message = EventMessage(event_type=kind, camera="door", time=NOW, event=event, started=NOW)
    scene.link.send(scene.topics.camera("door", "event"), message.payload())


def test_a_clip_is_made_once_in_a_codec_that_phones_play(scene: Scene) -> None:
    event = keep_event(scene.store, NOW, picture=picture)
    answer = scene.browser().get(f"/api/events/{event}/clip.mp4", BASIC)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "video/mp4")
    with av.open(io.BytesIO(answer.body), "r") as clip:
        video = clip.streams.video[0]
        frames = [frame.to_ndarray(format="gray").mean() for frame in clip.decode(video)]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height, len(frames)) == (1280, 720, 10)
        assert frames == sorted(frames)
        assert clip.duration is not None
        assert 9.0 <= clip.duration / av.time_base <= 10.1
    assert answer.body.index(b"moov") < answer.body.index(b"mdat")  # plays before all of it is there
    part = scene.browser().get(f"/api/events/{event}/clip.mp4", {**BASIC, "Range": "bytes=0-99"})
    assert (part.status, len(part.body)) == (206, 100)


def test_old_clips_make_room(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "KEEP_BYTES", 1)
    for hours in (2, 1):
        event = keep_event(scene.store, NOW - timedelta(hours=hours), frames=5, picture=picture)
        assert scene.browser().get(f"/api/events/{event}/clip.mp4", BASIC).status == 200
    kept = [path.name for path in (scene.settings.state_dir / "gateway" / "clips").iterdir()]
    assert kept == [f"door-{event}.mp4"]


def test_what_can_be_no_clip_says_why(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    event = keep_event(scene.store, NOW)
    answer = scene.browser().get(f"/api/events/{event}/clip.mp4", BASIC)
    assert (answer.status, answer.json()["detail"]) == (409, "one of its pictures is no JPEG with a size")
    monkeypatch.setattr(clips, "MAX_FRAMES", 9)
    answer = scene.browser().get(f"/api/events/{event}/clip.mp4", BASIC)
    assert answer.json()["detail"].startswith("the event has 10 frames, and a clip at most 9")


def test_the_picture_of_an_event_is_there_while_it_goes_on_and_afterwards(scene: Scene) -> None:
    event = f"{NOW:%Y%m%dT%H%M%S}Z-00ab"
    path = f"/api/events/{event}/snapshot.jpg"
    assert scene.browser().get(path, BASIC).status == 404
    say(scene, EventType.MOTION_START, event)
    eventually(
        lambda: scene.browser().get(path, BASIC).headers["Retry-After"] == "2",
        "it goes on, without a picture",
    )
    jpeg = stamp(picture(5), FrameId("door", 1, 7, NOW + timedelta(seconds=1)))
    scene.link.send(scene.topics.frames("door", "snapshot"), jpeg)
    eventually(lambda: scene.browser().get(path, BASIC).body == jpeg, "its best picture until now")
    keep_event(scene.store, NOW)
    eventually(lambda: scene.browser().get(path, BASIC).headers["X-Sequence"] == "5", "that of the archive")


def test_the_picture_of_the_event_before_is_not_taken_for_it(scene: Scene) -> None:
    event = f"{NOW:%Y%m%dT%H%M%S}Z-00ab"
    jpeg = stamp(picture(5), FrameId("door", 1, 7, NOW - timedelta(minutes=1)))
    scene.link.send(scene.topics.frames("door", "snapshot"), jpeg)
    eventually(lambda: scene.service._snapshots._newest, "it has come")
    say(scene, EventType.MOTION_START, event)
    answers = scene.browser().get("/api/health", BASIC)
    assert answers.status == 200
    assert scene.browser().get(f"/api/events/{event}/snapshot.jpg", BASIC).status == 404


def test_an_event_is_marked_to_be_kept_over_mqtt(scene: Scene) -> None:
    heard = scene.listen(scene.topics.camera("door", "keep"))
    event = keep_event(scene.store, NOW)
    browser = scene.logged_in()
    token = browser.csrf()
    by_script = browser.post(f"/api/events/{event}/keep", headers={"X-CSRF-Token": token})
    assert (by_script.status, by_script.json()["kept"]) == (202, True)
    by_form = browser.post(f"/api/events/{event}/keep", {"csrf": token}, HTML)
    assert by_form.headers["Location"] == f"/events/door/{event}"
    eventually(lambda: heard == [event.encode()] * 2, "both are on MQTT")
    assert browser.post(f"/api/events/{event}/keep").status == 403


def test_what_is_kept_is_said_as_soon_as_the_archive_has_it(scene: Scene) -> None:
    event, other = keep_event(scene.store, NOW), keep_event(scene.store, NOW - timedelta(hours=1))
    browser = scene.logged_in()
    assert browser.get(f"/api/events/{event}/keep").json() == {
        "camera": "door",
        "event": event,
        "kept": False,
    }
    assert "Keep for ever</button>" in browser.get(f"/events/door/{event}", HTML).text
    scene.store.put(KeyLayout().kept_key("door", event), b"{}")
    assert browser.get(f"/api/events/{event}/keep").json()["kept"]
    listed = browser.get("/api/archive/events").json()["events"]
    assert {entry["event"]: entry["kept"] for entry in listed} == {event: True, other: False}
    page = browser.get(f"/events/door/{event}", HTML).text
    assert "Keep for ever</button>" not in page
    assert "data-kept>Kept for ever" in page
    assert "10 frames · kept" in browser.get("/events", HTML).text


@pytest.mark.parametrize("event", ["20261320T000000Z-00ab", "20261120T000000Z-00ab"])
def test_an_event_that_there_is_not_is_not_found(scene: Scene, event: str) -> None:
    for name in ("snapshot.jpg", "clip.mp4", "keep"):
        assert scene.browser().get(f"/api/events/{event}/{name}", BASIC).status == 404
