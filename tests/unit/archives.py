"""Archives in a folder, with events in them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from services.contract.archive import Manifest, StoredFrame
from services.contract.archive_keys import KeyLayout
from services.contract.events import Missing
from services.contract.frame import FrameId, stamp
from services.store import Store, open_store

DAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def folder(tmp_path: Path) -> Store:
    store = open_store(tmp_path.as_uri())
    store.prepare()
    return store


def keep_event(
    store: Store,
    started: datetime,
    camera: str = "door",
    *,
    frames: int = 10,
    manifest: bool = True,
    missing: int = 0,
    layout: KeyLayout | None = None,
    picture: Callable[[int], bytes] = lambda _: b"\xff\xd8\xff\xd9",
) -> str:
    """Stores an event with a frame each second, two of them before it moved and two after; answers its id."""
    layout = layout or KeyLayout()
    event = f"{started:%Y%m%dT%H%M%S}Z-00ab"
    stored = []
    for n in range(frames):
        frame_id = FrameId(camera, 1, n + 1, started + timedelta(seconds=n - 2))
        jpeg = stamp(picture(n), frame_id)
        key = layout.frame_key(frame_id, event)
        store.put(key, jpeg)
        stored.append(
            StoredFrame(
                session=frame_id.session_hex,
                sequence=n + 1,
                time=frame_id.time,
                key=key,
                bytes=len(jpeg),
                sha256=sha256(jpeg).hexdigest(),
            )
        )
    if manifest:
        gone = [Missing(session="0" * 16, first=100, last=99 + missing, why="gone")] if missing else []
        whole = Manifest(
            camera=camera,
            event=event,
            reason="motion",
            started=started,
            ended=started + timedelta(seconds=frames - 5),
            frames=stored,
            missing=gone,
        )
        store.put(layout.manifest_key(camera, event), whole.payload(), "application/json")
    return event
