"""Old events are deleted from a real S3 server, by one archiver at a time, whose clock is the server's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from services.archiver.retention.lease import Lease
from services.archiver.retention.rules import Rules
from services.archiver.retention.sizes import Sizes
from services.archiver.retention.sweeper import Sweeper
from services.contract.archive_keys import KeyLayout
from services.contract.frame import FrameId
from services.store import Store, open_store
from services.store.events import cameras_in
from tests.real import Archive

LAYOUT = KeyLayout()
DAY = timedelta(days=1)


@pytest.fixture
def store(archive: Archive) -> Iterator[Store]:
    store = open_store(archive.url, archive.access_key, archive.secret_key)
    store.prepare()
    yield store
    store.close()


@pytest.fixture
def archive(request: pytest.FixtureRequest) -> Archive:
    """Of all tests, not the section of a configuration that others here have."""
    from tests.real import S3Server

    server: S3Server = request.getfixturevalue("s3_server")
    return Archive(server.archive_url(server.make_bucket()), server.access_key, server.secret_key)


def put(store: Store, camera: str, started: datetime, *, kept: bool = False) -> str:
    event = f"{started:%Y%m%dT%H%M%SZ}-0a1b"
    for sequence in range(1, 6):
        frame = FrameId(camera, 7, sequence, started + timedelta(seconds=sequence))
        store.put(LAYOUT.frame_key(frame, event), bytes(1000))
    store.put(LAYOUT.manifest_key(camera, event), b"{}", "application/json")
    if kept:
        store.put(f"{LAYOUT.event_folder(camera, event)}keep.json", b"{}", "application/json")
    return event


@pytest.mark.real
def test_what_is_too_old_or_too_much_goes_from_the_bucket(store: Store) -> None:
    now = datetime.now(UTC)
    put(store, "yard", now - 31 * DAY)
    put(store, "gone-from-the-configuration", now - 32 * DAY)
    kept = put(store, "yard", now - 33 * DAY, kept=True)
    put(store, "yard", now - 3 * DAY)
    left = put(store, "yard", now - 2 * DAY)
    sweeper = Sweeper(
        store,
        LAYOUT,
        Rules(max_age=30 * DAY, max_bytes=10_500),
        Sizes(store, LAYOUT),
        cameras=lambda: cameras_in(store, LAYOUT, ["yard"]),
        is_open=lambda _camera, _event: False,
        disk=lambda: None,
    )
    assert Lease(store, lambda _seconds: None).take(now)
    assert not Lease(store, lambda _seconds: None).take(now)
    sweeper.sweep(now)
    sweeper.sweep(now)
    events = {each.key.split("/")[-2] for each in store.list() if each.key.endswith(".jpg")}
    assert events == {kept, left}
