"""An archived event whose pictures can be decoded."""

from datetime import datetime, timedelta
from hashlib import sha256

import cv2
import numpy as np

from services.contract.archive import Manifest, StoredFrame
from services.contract.archive_keys import KeyLayout
from services.contract.frame import FrameId, stamp
from services.store import Store

#: Seconds between pictures: a camera that stutters.
STEPS = (0.05, 0.05, 0.2, 0.051, 0.9, 0.033)


def keep_pictures(
    store: Store, started: datetime, *, count: int = 12, sizes: tuple[tuple[int, int], ...] = ((64, 48),)
) -> tuple[Manifest, list[bytes]]:
    """Stores an event; its manifest, and its pictures in order."""
    layout, event = KeyLayout(), f"{started:%Y%m%dT%H%M%S}Z-00ab"
    frames, jpegs, time = [], [], started
    for n in range(count):
        wide, high = sizes[n % len(sizes)]
        picture = np.full((high, wide, 3), 20 * n % 256, np.uint8)
        frame_id = FrameId("door", 1, n + 1, time)
        jpeg = stamp(cv2.imencode(".jpg", picture)[1].tobytes(), frame_id)
        key = layout.frame_key(frame_id, event)
        store.put(key, jpeg)
        jpegs.append(jpeg)
        frames.append(
            StoredFrame(
                session=frame_id.session_hex,
                sequence=n + 1,
                time=time,
                key=key,
                bytes=len(jpeg),
                sha256=sha256(jpeg).hexdigest(),
            )
        )
        time += timedelta(seconds=STEPS[n % len(STEPS)])
    manifest = Manifest(
        camera="door", event=event, reason="motion", started=started, ended=time, frames=frames
    )
    store.put(layout.manifest_key("door", event), manifest.file(), "application/json")
    return manifest, jpegs
