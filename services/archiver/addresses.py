"""Where people see an archived event: its page, or a link that lets anyone read its manifest."""

from typing import Protocol

from services.contract.archive import Manifest


class Links(Protocol):
    """Makes links to single objects."""

    def url(self, key: str) -> str: ...


class Addresses:
    """`public_url` is the gateway's, empty where it is not known; `links` only where they are wished."""

    def __init__(self, public_url: str, links: Links | None) -> None:
        self._public_url = public_url.rstrip("/")
        self._links = links

    def of(self, manifest: Manifest, key: str) -> str | None:
        """The `url` in `archived`; `key` is the manifest's. What has a prefix of its own has no page."""
        if self._links:
            return self._links.url(key)
        has_page = self._public_url and not (manifest.slice and manifest.slice.prefix)
        return f"{self._public_url}/events/{manifest.camera}/{manifest.event}" if has_page else None
