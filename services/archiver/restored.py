"""What an archiver before us has already stored of an event: acknowledged then, so never delivered again."""

import hashlib
from collections.abc import Container

from services.contract.archive import StoredFrame
from services.contract.archive_keys import KeyLayout
from services.contract.frame import FrameId, NotAFrame, identify
from services.store import NotStored, Store


def frames_in_store(
    store: Store, layout: KeyLayout, camera: str, event: str, known: Container[str]
) -> list[StoredFrame]:
    """The event's frames in the store, but for known keys; each is read, only its bytes prove what it is."""
    found = []
    for stored in store.list(layout.event_folder(camera, event)):
        key = layout.parse_frame_key(stored.key)
        if key is None or stored.key in known:
            continue
        try:
            jpeg = store.get(stored.key)
            frame = identify(jpeg)
        except (NotStored, NotAFrame):  # deleted meanwhile, or somebody else's
            continue
        if frame and frame.camera == camera and frame.sequence == key.sequence:
            found.append(stored_frame(frame, stored.key, jpeg))
    return found


def stored_frame(frame: FrameId, key: str, jpeg: bytes) -> StoredFrame:
    return StoredFrame(
        session=frame.session_hex,
        sequence=frame.sequence,
        time=frame.time,
        key=key,
        bytes=len(jpeg),
        sha256=hashlib.sha256(jpeg).hexdigest(),
    )
