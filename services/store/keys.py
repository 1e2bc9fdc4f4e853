"""What lets us into a store, and what stands there now: keys are rotated while we run."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from services.contract.settings import ArchiveSettings
from services.runtime.errors import UserError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """An S3 key, or the bearer token of an `https://` archive."""

    access: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def of(cls, archive: ArchiveSettings) -> "Key":
        """The configured one."""
        secrets = (archive.access_key, archive.secret_key, archive.token)
        return cls(*(secret.get_secret_value() for secret in secrets))


class KeyRing:
    """The key in force. Thread-safe.

    `read` says what stands in the configuration and the files that it names now; it is asked when the store
    refuses what we have, and may raise UserError.
    """

    def __init__(self, key: Key, read: Callable[[], Key] | None = None) -> None:
        self.key = key
        self._read = read
        self._lock = threading.Lock()

    def refused(self) -> None:
        """The store does not want the key: another one that there is by now is taken from now on."""
        if self._read is None:
            return
        with self._lock:
            try:
                key = self._read()
            except UserError as wrong:  # somebody is writing it
                log.warning("the archive's key cannot be read anew: %s", wrong)
                return
            if key != self.key:
                self.key = key
                log.info("the archive's key has changed; the new one is tried")
