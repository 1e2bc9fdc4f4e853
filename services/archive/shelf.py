"""An archive as people look for events in it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from services.contract.archive import Manifest
from services.contract.archive_keys import KeyLayout, event_start
from services.runtime.errors import UserError
from services.store import NotStored, Store, Stored
from services.store.events import FIRST, LAST, EventRef, newest_first

_CAMERA = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The events of a store under one layout; `configured` are cameras that are known to be there."""

    store: Store
    layout: KeyLayout
    configured: tuple[str, ...] = ()

    def cameras(self) -> list[str]:
        """Those of the configuration, and those that left something here, where the layout tells."""
        head, _, tail = self.layout.template.partition("{camera}")
        found = set(self.configured)
        if "{" not in head and tail.startswith("/"):
            names = (folder.removeprefix(head).rstrip("/") for folder in self.store.list_folders(head))
            found |= {name for name in names if _CAMERA.fullmatch(name)}
        return sorted(found)

    def events(
        self, cameras: Iterable[str] | None = None, *, since: str = FIRST, before: str = LAST
    ) -> Iterator[EventRef]:
        """Events with `since <= id < before`, the newest first."""
        wanted = self.cameras() if cameras is None else list(cameras)
        return newest_first(self.store, self.layout, wanted, since=since, before=before)

    def find(self, text: str) -> EventRef:
        """The event of that id, or `camera/id`. Raises UserError where there is none, or more than one."""
        camera, _, event = text.rpartition("/")
        try:
            event_start(event)
        except ValueError:
            raise UserError(f"{text!r} is no event's id; `nightjar archive ls` lists them") from None
        found = [
            EventRef(event, each)
            for each in ([camera] if camera else self.cameras())
            if _CAMERA.fullmatch(each) and self._holds(EventRef(event, each))
        ]
        if not found:
            raise UserError(f"{self.store.describe()} has no event {text}; `nightjar archive ls` lists them")
        if len(found) > 1:
            raise UserError(
                f"more than one camera has it: say {' or '.join(f'{r.camera}/{event}' for r in found)}"
            )
        return found[0]

    def manifest(self, ref: EventRef) -> Manifest | None:
        """None where the event is not closed yet. Raises UserError for one that cannot be read."""
        key = self.layout.manifest_key(ref.camera, ref.event)
        try:
            return Manifest.model_validate_json(self.store.get(key))
        except NotStored:
            return None
        except ValidationError:
            raise UserError(f"{self.store.url_of(key)} is damaged: it is no manifest") from None

    def objects(self, ref: EventRef) -> list[Stored]:
        """All that lies in the event's folder, its manifest too."""
        return list(self.store.list(self.layout.event_folder(ref.camera, ref.event)))

    def _holds(self, ref: EventRef) -> bool:
        return next(iter(self.store.list(self.layout.event_folder(ref.camera, ref.event))), None) is not None
