"""Changes on their way to browsers: the newest of each thing, so that a slow one piles up no memory."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

MAX_PENDING = 500


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed: `about` says what, a newer change about the same takes its place."""

    about: str
    name: str
    data: dict[str, Any]
    rest: frozenset[str] = frozenset()  # keys that who wants no statistics is spared

    def brief(self) -> "Change":
        """Without what is left out there."""
        if not self.rest:
            return self
        return Change(self.about, self.name, {k: v for k, v in self.data.items() if k not in self.rest})

    def sse(self) -> bytes:
        """As a server-sent event."""
        return f"event: {self.name}\ndata: {json.dumps(self.data, ensure_ascii=False)}\n\n".encode()


class Feed:
    """What one browser has not been told yet; a `brief` one is told nothing of statistics."""

    def __init__(self, *, brief: bool = False) -> None:
        self._brief = brief
        self._told: dict[str, Change] = {}
        self._pending: dict[str, Change] = {}
        self._some = asyncio.Event()

    def put(self, change: Change) -> None:
        if self._brief and change.rest:
            change = change.brief()
            if self._told.get(change.about) == change:
                return
            self._told[change.about] = change
        self._pending.pop(change.about, None)
        self._pending[change.about] = change
        if len(self._pending) > MAX_PENDING:
            del self._pending[next(iter(self._pending))]
        self._some.set()

    async def take(self) -> list[Change]:
        """All that changed, in order, as soon as there is something."""
        await self._some.wait()
        self._some.clear()
        changes, self._pending = list(self._pending.values()), {}
        return changes


class Feeds:
    """Everybody who listens."""

    def __init__(self) -> None:
        self._feeds: set[Feed] = set()

    def __len__(self) -> int:
        return len(self._feeds)

    @contextmanager
    def listen(self, *, brief: bool = False) -> Iterator[Feed]:
        feed = Feed(brief=brief)
        self._feeds.add(feed)
        try:
            yield feed
        finally:
            self._feeds.discard(feed)

    def tell(self, change: Change) -> None:
        for feed in self._feeds:
            feed.put(change)
