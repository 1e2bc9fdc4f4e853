"""What an archiver before us has already stored of an event: acknowledged then, so never delivered again."""

import hashlib

from services.archiver.ledger import Number
from services.contract.archive import StoredFrame
from services.contract.frame import FrameId, identify
from services.store import Store
from services.store.keys import KeyLayout


def frames_in_store(
    store: Store, layout: KeyLayout, camera: str, event: str, wanted: frozenset[Number]
) -> list[StoredFrame]:
    """The wanted frames that the store has; each is read, since only its bytes prove what it is."""
    numbers = {sequence for _, sequence in wanted}
    found = []
    for stored in store.list(layout.event_folder(camera, event)):
        key = layout.parse_frame_key(stored.key)
        if key is None or key.sequence not in numbers:
            continue
        jpeg = store.get(stored.key)
        frame = identify(jpeg)
        if frame and (frame.session_hex, frame.sequence) in wanted:
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
