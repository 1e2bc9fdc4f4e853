"""Every secret of a running system is renewed in the midst of an event, and no frame of it is lost."""

import time
import urllib.error

import pytest
from minio.error import S3Error

from services.contract.archive import Manifest
from services.contract.events import EventMessage
from services.runtime.access import SERVICES
from tests.system.listener import Listener
from tests.system.systems import Access, Compose, System
from tests.system.test_scenario import check_whole, ends_of, open_as, seen_before

pytestmark = pytest.mark.timeout(300)

EVENT_S = 30


def test_an_event_is_whole_while_every_secret_is_renewed(system: System) -> None:
    before = system.access()
    cameras = f"{before.dashboard}/api/cameras"
    with Listener(before) as listener:
        opened = open_event(listener)
        if isinstance(system, Compose):
            system.renew("s3-root")  # with which the others are made known to S3
        system.renew(
            *(f"mqtt-{service}" for service in SERVICES),
            *("s3-archiver", "s3-gateway", "s3-nightjar", "admin-password", "session-key"),
        )
        after = system.access()
        until_taken_up(system, cameras, before, after)
        assert ends_of(listener, opened) == []  # all of it happened while the event was open
        done = listener.wait_for("archived event", lambda: ends_of(listener, opened), 90)[0]
        listener.publish("nightjar/camera/street/motion_detection/set", "ON")
    assert done.event_type.value == "archived", done
    archive = after.archive()
    manifest = Manifest.model_validate_json(archive.read(done.key or ""))
    assert (manifest.ended - manifest.started).total_seconds() > EVENT_S - 5
    check_whole(manifest, archive, listener)
    log = system.log()
    for who in ("nightjar-capture-street", "nightjar-motion-street", "nightjar-archiver-1-frames"):
        assert f"{who}: the broker's password has changed; the new one is tried" in log
    if isinstance(system, Compose):
        assert "the archive's key has changed; the new one is tried" in log
        with pytest.raises(S3Error):
            before.archive().keys()


def test_who_has_the_old_password_of_people_is_shut_out_of_the_broker(system: System) -> None:
    before = system.access()
    with Listener(before) as old:
        system.renew("mqtt-nightjar")
        after = system.access()
        assert after.mqtt_login != before.mqtt_login
        with Listener(after) as new:
            new.wait_for("frames for who has the new one", lambda: new.frames["street"])
            time.sleep(2)
            seen = len(old.frames["street"])
            new.wait_for("more frames", lambda: len(new.frames["street"]) > 60)
            assert len(old.frames["street"]) == seen


def open_event(listener: Listener) -> EventMessage:
    """One by hand, which lasts a while, and nothing else meanwhile."""
    listener.wait_for("pre-roll", lambda: len(listener.frames["street"]) > 60)
    listener.publish("nightjar/camera/street/motion_detection/set", "OFF")
    listener.wait_for("end of motion", lambda: listener.small["nightjar/camera/street/motion"] == b"OFF")
    listener.publish("nightjar/camera/street/trigger", f'{{"reason": "rotation", "duration_s": {EVENT_S}}}')
    opened: EventMessage = listener.wait_for("event", lambda: listener.of("street", "manual"))[0]
    assert seen_before(listener, opened)
    return opened


def until_taken_up(system: System, url: str, before: Access, after: Access) -> None:
    """The dashboard's new password opens, and the old one does not."""
    assert before.dashboard_login != after.dashboard_login
    until = time.monotonic() + 15
    while (answers := (answer(after, url), answer(before, url))) != (200, 401):
        assert time.monotonic() < until, f"{answers}:\n{system.log()}"
        time.sleep(0.5)


def answer(access: Access, url: str) -> int:
    """The HTTP status for somebody with this login."""
    try:
        with open_as(access, url) as answered:
            return int(answered.status)
    except urllib.error.HTTPError as error:
        return error.code
