"""What is wrong with the broker, said once for a whole process, however many connections meet it."""

import logging
import threading

log = logging.getLogger(__name__)


class Complaints:
    """Logs the change, not the repetition: one line when it breaks, one when the last one is well again."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}
        self._lock = threading.Lock()

    def wrong(self, who: str, sentence: str) -> None:
        """`who` meets a problem; it is logged unless somebody else has met the same and still does."""
        with self._lock:
            known = sentence in self._open.values()
            self._open[who] = sentence
        if not known:
            log.warning("%s; trying again for as long as it takes", sentence)

    def well(self, who: str, broker: object) -> None:
        """`who` is connected."""
        with self._lock:
            healed = self._open.pop(who, None) is not None and not self._open
        if healed:
            log.info("connected to the broker %s again", broker)

    def forget(self, who: str) -> None:
        """`who` stops, whatever was wrong."""
        with self._lock:
            self._open.pop(who, None)
