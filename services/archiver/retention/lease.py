"""One archiver at a time deletes: a small object in the store says which, and until when."""

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from services.contract.message import iso
from services.store import NotStored, Store

LEASE = ".nightjar/retention.json"
LASTS = timedelta(minutes=30)
#: Two that take it at the same time see each other after so long.
SETTLES_S = 2.0
#: A server's clock that is further away than this from ours: one of them is wrong.
SKEW = timedelta(hours=1)


class ClockDoubtful(Exception):
    """Our clock cannot be right; `str()` is a sentence for people."""


class Lease:
    """Held from `take` on for `LASTS`; taken again and again by whoever has it."""

    def __init__(self, store: Store, wait: Callable[[float], object]) -> None:
        self._store = store
        self._wait = wait
        self._owner = secrets.token_hex(8)

    def take(self, now: datetime) -> bool:
        """Whether it is ours now.

        Raises ClockDoubtful where the store's clock disagrees with ours, StoreUnavailable where it is away.
        """
        holder, until = self._read()
        is_anothers = holder not in ("", self._owner) and now < until < now + 2 * LASTS
        if is_anothers:
            return False
        content = json.dumps({"owner": self._owner, "until": iso(now + LASTS)})
        self._store.put(LEASE, content.encode(), "application/json")
        if holder != self._owner:
            self._wait(SETTLES_S)
        self._compare_clocks(now)
        return self._read()[0] == self._owner

    def _read(self) -> tuple[str, datetime]:
        try:
            said = json.loads(self._store.get(LEASE))
            return str(said["owner"]), datetime.fromisoformat(said["until"])
        except (NotStored, ValueError, KeyError, TypeError):
            return "", datetime.min.replace(tzinfo=UTC)

    def _compare_clocks(self, now: datetime) -> None:
        written = self._store.stat(LEASE)
        if written and abs(written.modified - now) > SKEW:
            raise ClockDoubtful(
                f"this machine's clock says {now:%Y-%m-%d %H:%M} and the archive's "
                f"{written.modified:%Y-%m-%d %H:%M} (UTC): nothing is deleted until the wrong one is set"
            )
