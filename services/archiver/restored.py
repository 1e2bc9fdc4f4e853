"""What is in the store of an event, whoever put it there: never taken for granted."""

import hashlib
from dataclasses import dataclass

from services.contract.archive import StoredFrame
from services.contract.archive_keys import KeyLayout
from services.contract.frame import FrameId, NotAFrame, identify
from services.contract.message import iso
from services.store import NotStored, Store


@dataclass(frozen=True, slots=True)
class Seen:
    """Of the keys that were known those that are `there`; and frames that nobody had known of.

    An archiver before us acknowledged them, so that they are never delivered again.
    """

    there: frozenset[str]
    restored: list[StoredFrame]


def look_at_event(store: Store, layout: KeyLayout, camera: str, event: str, known: frozenset[str]) -> Seen:
    """What is in the event's folder; what was not known is read, only its bytes prove what it is."""
    if not store.is_readable:
        return Seen(known, [])
    keys = [each.key for each in store.list(layout.event_folder(camera, event))]
    found = ((key, read_frame(store, layout, camera, key)) for key in keys if key not in known)
    restored = [stored_frame(frame[0], key, frame[1]) for key, frame in found if frame]
    return Seen(known.intersection(keys), restored)


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
