"""What an archiver before us has already stored of an event: acknowledged then, so never delivered again."""

import hashlib
from collections.abc import Container

from services.contract.archive import StoredFrame
from services.contract.archive_keys import KeyLayout
from services.contract.frame import FrameId, NotAFrame, identify
from services.contract.message import iso
from services.store import NotStored, Store


def frames_in_store(
    store: Store, layout: KeyLayout, camera: str, event: str, known: Container[str]
) -> list[StoredFrame]:
    """The event's frames in the store, but for known keys; each is read, only its bytes prove what it is."""
    keys = [each.key for each in store.list(layout.event_folder(camera, event)) if each.key not in known]
    found = ((key, read_frame(store, layout, camera, key)) for key in keys)
    return [stored_frame(frame[0], key, frame[1]) for key, frame in found if frame]


def read_frame(store: Store, layout: KeyLayout, camera: str, key: str) -> tuple[FrameId, bytes] | None:
    """The camera's frame under a key; None where it is gone, or something else."""
    said = layout.parse_frame_key(key)
    if said is None:
        return None
    try:
        jpeg = store.get(key)
        frame = identify(jpeg)
    except (NotStored, NotAFrame):  # deleted meanwhile, or somebody else's
        return None
    is_ours = frame and frame.camera == camera and frame.sequence == said.sequence
    return (frame, jpeg) if frame and is_ours else None


def stored_frame(frame: FrameId, key: str, jpeg: bytes) -> StoredFrame:
    return StoredFrame(
        session=frame.session_hex,
        sequence=frame.sequence,
        time=frame.time,
        key=key,
        bytes=len(jpeg),
        sha256=hashlib.sha256(jpeg).hexdigest(),
    )


def frame_metadata(frame: FrameId, event: str, reason: str, sha256: str) -> dict[str, str]:
    """What stands beside the object, for whoever looks at it with the store's own tools."""
    known = {"sha256": sha256, **({"reason": reason} if reason else {})}
    return {
        "camera": frame.camera,
        "event": event,
        "time": iso(frame.time),
        "session": frame.session_hex,
        "sequence": str(frame.sequence),
        **known,
    }
