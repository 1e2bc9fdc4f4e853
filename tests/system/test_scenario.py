"""One scenario, in containers and in one process: what comes before the lens is in the archive, whole."""

import base64
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from services.capture.cameras.number import read_number
from services.contract.archive import Manifest
from services.contract.events import EventMessage, EventType
from services.contract.frame import identify
from services.motion.gaze import YOUNG_S
from tests.system.conftest import CLIP
from tests.system.listener import Listener
from tests.system.systems import Access, Archive, System, parts, status

pytestmark = pytest.mark.timeout(900)


def test_a_viewer_with_the_shown_login_gets_live_frames_and_one_without_gets_401(system: System) -> None:
    access = system.access()
    stream = f"{access.dashboard}/cameras/street/stream.mjpeg"
    seen = []
    with open_as(access, stream) as answer:
        for fields, jpeg in parts(answer):
            frame = identify(jpeg)
            assert frame
            seen.append((fields["x-sequence"], frame.sequence))
            if len(seen) == 5:
                break
    sequences = [sequence for _, sequence in seen]
    assert status(stream) == 401
    assert status(f"{access.dashboard}/api/cameras") == 401
    assert [header for header, _ in seen] == [str(sequence) for sequence in sequences]
    assert sequences == sorted(set(sequences))


def test_a_token_is_in_force_at_once_and_so_is_its_end(system: System) -> None:
    cameras = f"{system.access().dashboard}/api/cameras"
    token = system.nightjar("token", "add", "watcher", "--scope", "view").strip()

    def asked() -> int:
        request = urllib.request.Request(cameras, headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert asked() == 200
    system.nightjar("token", "revoke", "watcher")
    assert asked() == 401


def test_every_frame_of_a_motion_event_is_in_the_archive_as_it_was_on_mqtt(system: System) -> None:
    access = system.access()
    with Listener(access) as listener:
        # an event that was open before we listened is not ours to judge
        opened = listener.wait_for(
            "event that opens",
            lambda: [e for e in listener.of("street", "motion_start") if seen_before(listener, e)],
        )[0]
        listener.wait_for("ON", lambda: listener.small["nightjar/camera/street/motion"] == b"ON")
        done = listener.wait_for("archived event", lambda: ends_of(listener, opened))[0]
        listener.wait_for("OFF", lambda: listener.small["nightjar/camera/street/motion"] == b"OFF")
    assert done.event_type.value == "archived", done
    assert [event.event for event in listener.of("street", "motion_end")].count(opened.event) == 1
    archive = access.archive()
    manifest = Manifest.model_validate_json(archive.read(done.key or ""))
    check_whole(manifest, archive, listener)
    for frame in manifest.frames:
        picture = cv2.imdecode(np.frombuffer(archive.read(frame.key), np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert read_number(picture.astype(np.uint8)) == frame.sequence
    verified = system.nightjar("archive", "verify", f"street/{opened.event}")
    assert f"1 event, {len(manifest.frames)} frames (by SHA-256" in verified
    assert "All is as it was stored." in verified


def test_the_labelled_events_of_a_recorded_clip_are_found(system: System, footage: Path) -> None:
    access = system.access()
    with Listener(access) as listener:
        listener.publish("nightjar/camera/clip/enabled/set", "ON")
        clip = labels(footage)
        listener.wait_for("whole clip", lambda: len(listener.frames["clip"]) == clip["frames"], 90)
        listener.wait_for(
            "answer to each event",
            lambda: (
                listener.of("clip", "motion_start")
                and all(ends_of(listener, event) for event in listener.of("clip", "motion_start"))
            ),
        )
    archive = access.archive()
    found = []
    for event in listener.of("clip", "archived"):
        manifest = Manifest.model_validate_json(archive.read(event.key or ""))
        check_whole(manifest, archive, listener)
        numbers = [f.sequence - 1 for f in manifest.frames if manifest.started <= f.time <= manifest.ended]
        found.append((numbers[0], numbers[-1]))
    for label in clip["events"]:
        assert any(first <= label["end"] and last >= label["start"] for first, last in found), (label, found)


def test_who_connects_late_sees_the_retained_state(system: System) -> None:
    services = ("capture", "motion", "archiver", "gateway")
    expected = {
        "nightjar/camera/street/status": b"online",
        "nightjar/camera/clip/enabled/state": b"ON",
        **{f"nightjar/service/{service}/1": b"online" for service in services},
    }
    with Listener(system.access()) as listener:  # they come one after the other, in any order
        wanted = expected.keys() | {"nightjar/camera/street/motion"}
        listener.wait_for("all that is retained", lambda: wanted <= listener.retained.keys())
    assert {topic: listener.retained[topic] for topic in expected} == expected


def test_cameras_come_and_go_with_the_configuration_and_a_bad_one_changes_nothing(system: System) -> None:
    access, before = system.access(), system.config.read_text()
    health = f"{access.dashboard}/api/health"
    with Listener(access) as listener:
        replace_as_editors_do(system.config, f"{before}  garden:\n    url: 'demo:'\n")
        listener.wait_for("new camera", lambda: listener.frames["garden"])
        topic = "nightjar/camera/garden/sensitivity"
        # capture may know of it before motion does, which says its settings when it listens for others
        listener.wait_for("its settings", lambda: listener.small.get(f"{topic}/state"))
        listener.publish(f"{topic}/set", "70")
        listener.wait_for("setting", lambda: listener.small.get(f"{topic}/state") == b"70")
        listener.wait_for("its page", lambda: get(access, f"{access.dashboard}/cameras/garden"))
        replace_as_editors_do(system.config, f"{before}  garden: nonsense\n")
        listener.wait_for("complaint", lambda: b"cameras.garden must hold settings" in get(access, health))
        seen = len(listener.frames["garden"])
        listener.wait_for("more of its frames", lambda: len(listener.frames["garden"]) > seen)
        replace_as_editors_do(system.config, before)
        listener.wait_for("end", lambda: listener.small.get("nightjar/camera/garden/status") == b"")
        listener.wait_for("end of the complaint", lambda: b"not in force" not in get(access, health))
    with Listener(access) as later:
        later.wait_for("the others", lambda: "nightjar/camera/street/motion" in later.retained)
        assert [topic for topic in later.retained if "/garden/" in topic] == []


def test_after_a_stop_and_a_start_the_settings_the_logins_and_the_archive_are_as_before(
    system: System,
) -> None:
    before = system.access()
    kept = before.archive().keys()
    with Listener(before) as listener:
        listener.publish("nightjar/camera/street/sensitivity/set", "61")
        state = "nightjar/camera/street/sensitivity/state"
        listener.wait_for("state", lambda: listener.small.get(state) == b"61")
    system.stop()
    system.start()
    after = system.access()
    with Listener(after) as listener:
        listener.wait_for("pre-roll", lambda: len(listener.frames["street"]) > 60)
        assert listener.small[state] == b"61"
        opened = triggered(listener, "after the restart")
        done = listener.wait_for("archived event", lambda: ends_of(listener, opened))[0]
    assert after.logins == before.logins
    assert set(kept) <= set(after.archive().keys())
    manifest = Manifest.model_validate_json(after.archive().read(done.key or ""))
    check_whole(manifest, after.archive(), listener, heard_all=False)  # it may be one that motion had begun


# -- what the scenario asks ---------------------------------------------------------------------------------


def open_as(access: Access, url: str) -> Any:
    login = base64.b64encode(":".join(access.dashboard_login).encode()).decode()
    return urllib.request.urlopen(
        urllib.request.Request(url, headers={"Authorization": f"Basic {login}"}), timeout=15
    )


def triggered(listener: Listener, reason: str) -> EventMessage:
    """The event that a trigger opens: one that comes while another is open only makes that longer."""
    opened: list[EventMessage] = []
    while not opened:
        opened = _trigger(listener, reason)
    return opened[0]


def _trigger(listener: Listener, reason: str) -> list[EventMessage]:
    ended = len(listener.of("street", "motion_end"))
    listener.publish("nightjar/camera/street/trigger", reason)
    listener.wait_for(
        "event, or the end of the one that was open",
        lambda: listener.of("street", "manual") or len(listener.of("street", "motion_end")) > ended,
    )
    return listener.of("street", "manual")


def get(access: Access, url: str) -> bytes:
    """What is there; nothing where it is not found."""
    try:
        with open_as(access, url) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return b""


def replace_as_editors_do(path: Path, text: str) -> None:
    """Another file in its place, so that a mount of the file alone would not see it."""
    other = path.with_suffix(".new")
    other.write_text(text)
    other.chmod(0o644)
    other.replace(path)


def ends_of(listener: Listener, opened: EventMessage) -> list[EventMessage]:
    kinds = ("archived", "archive_failed", "not_archived")
    ends = [event for kind in kinds for event in listener.of(opened.camera, kind)]
    return [event for event in ends if event.event == opened.event]


def seen_before(listener: Listener, event: EventMessage) -> bool:
    """Whether it was there for the whole pre-roll; that of motion counts from a new detector's start."""
    new_s = YOUNG_S if event.event_type is EventType.MOTION_START else 0.0
    times = [frame.time for jpeg in list(listener.frames[event.camera].values()) if (frame := identify(jpeg))]
    return bool(times) and (event.time - min(times)).total_seconds() > new_s + 3.5


def check_whole(manifest: Manifest, archive: Archive, listener: Listener, *, heard_all: bool = True) -> None:
    """From the first to the last number nothing is missing, and each object is the frame that was live.

    Without `heard_all` it may begin with frames that were live before the listener was there.
    """
    assert manifest.missing == []
    live = listener.frames[manifest.camera]
    numbers = [(frame.session, frame.sequence) for frame in manifest.frames]
    first, last = numbers[0][1], numbers[-1][1]
    assert numbers == [(manifest.frames[0].session, number) for number in range(first, last + 1)]
    heard_from = min(number for session, number in live if session == manifest.frames[0].session)
    assert heard_from < last
    assert heard_from <= first or not heard_all
    keys = set(archive.keys())
    for frame in manifest.frames:
        assert frame.key in keys
        stored = archive.read(frame.key)
        if frame.sequence >= heard_from:
            assert stored == live[frame.session, frame.sequence]
        identity = identify(stored)
        assert identity
        assert (identity.camera, identity.session_hex, identity.sequence) == (
            manifest.camera,
            frame.session,
            frame.sequence,
        )
        assert identity.time == frame.time


def labels(footage: Path) -> Any:
    clips = json.loads((footage / "labels.json").read_text())
    return next(clip for clip in clips if clip["file"] == CLIP)
