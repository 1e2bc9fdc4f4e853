"""Under which layout each event is kept: that of all events, or an experiment's own prefix."""

import logging
import threading

from services.archiver.lately import Lately
from services.contract.archive_keys import KeyLayout
from services.contract.experiments import OpenSlices, layout_of
from services.contract.handover import Handover
from services.contract.topics import Topics
from services.runtime.mqtt import Delivery

log = logging.getLogger(__name__)

#: Events of experiments remembered after their handover, for frames of theirs that come once more.
MOST_SETTLED = 2000


class Places:
    """Where an event goes, as far as it is known. Thread-safe.

    `slices` says it of an experiment's slice before its first picture, but travels apart from the pictures
    and may be late or lost. The handover settles it; what was put elsewhere before is then brought home.
    """

    def __init__(self, topics: Topics, default: KeyLayout) -> None:
        self.default = default
        self._topics = topics
        self._announced: dict[str, dict[str, KeyLayout]] = {}
        self._settled = Lately[KeyLayout](MOST_SETTLED)
        self._lock = threading.Lock()

    def of(self, camera: str, event: str) -> KeyLayout:
        with self._lock:
            announced = self._announced.get(camera, {}).get(event, self.default)
            return self._settled.get(camera, event) or announced

    def take_slices(self, delivery: Delivery) -> None:
        """All of a camera's slices that have a prefix and are not archived yet."""
        camera, _ = self._topics.split(delivery.topic) or ("", "")
        if not delivery.payload:  # the camera is no more; frames of it may still be on their way
            return
        try:
            slices = OpenSlices.model_validate_json(delivery.payload).slices
            layouts = {each.event: layout_of(each.prefix) for each in slices if each.prefix}
        except ValueError:
            log.warning("a message on %s was not understood and is ignored", delivery.topic)
            return
        with self._lock:
            self._announced[camera] = layouts

    def settle(self, handover: Handover) -> None:
        """The handover has the last word. Raises ValueError for an id that is no time."""
        prefix = handover.slice.prefix if handover.slice else ""
        layout = layout_of(prefix) if prefix else self.default
        layout.manifest_key(handover.camera, handover.event)
        with self._lock:
            if layout != self.default or handover.event in self._announced.get(handover.camera, {}):
                self._settled.put(handover.camera, handover.event, layout)
