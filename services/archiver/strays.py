"""Brings home frames of a slice that were stored where events are kept, before its prefix was known."""

import logging
from collections.abc import Mapping
from functools import partial

from services.archiver.ledger import Number
from services.archiver.reasons import Reasons
from services.archiver.restored import read_frame, stored_frame
from services.archiver.uploads import Uploads
from services.contract.archive import StoredFrame
from services.contract.archive_keys import KeyLayout
from services.store import NotStored

log = logging.getLogger(__name__)


def bring_home(
    uploads: Uploads, away: KeyLayout, home: KeyLayout, camera: str, event: str, *, reasons: Reasons
) -> dict[Number, StoredFrame]:
    """Moves the event's frames from one layout's folder to the other's; those that were moved, at home.

    Nothing is deleted before the same bytes have been read again at home, so it may be cut off anywhere and
    begun anew. Raises `StoreRejected` where the store never takes a key, `Stopped` at the end of the service.
    """
    store = uploads.store
    moved: dict[Number, StoredFrame] = {}
    folder = away.event_folder(camera, event)
    for stray in uploads.attempt(lambda: [each.key for each in store.list(folder)]):
        found = uploads.attempt(partial(read_frame, store, away, camera, stray))
        if found is None:
            continue
        frame, jpeg = found
        key = home.frame_key(frame, event)
        stored = stored_frame(frame, key, jpeg)
        metadata = reasons.metadata(frame, event, stored.sha256)
        if key == stray or not _put_and_read(uploads, key, jpeg, metadata):
            continue
        moved[frame.session_hex, frame.sequence] = stored
        uploads.attempt(partial(store.delete, stray))
    if moved:
        log.info(
            "%s: %d of the frames of %s moved to %s",
            camera,
            len(moved),
            event,
            home.event_folder(camera, event),
        )
    return moved


def _put_and_read(uploads: Uploads, key: str, jpeg: bytes, metadata: Mapping[str, str]) -> bool:
    """Whether the same bytes are there now."""
    uploads.put(key, jpeg, "image/jpeg", metadata)
    try:
        there = uploads.attempt(lambda: uploads.store.get(key)) == jpeg
    except NotStored:
        there = False
    if not there:
        log.error("%s does not have what was put there; the frame stays where it was", key)
    return there
