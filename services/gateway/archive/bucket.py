"""Where an event is in the store, as people find it there without us."""

from dataclasses import dataclass
from urllib.parse import quote

from services.contract.archive_keys import KeyLayout
from services.contract.archive_url import FolderPlace, HttpPlace, parse_archive_url
from services.contract.settings import ArchiveSettings
from services.contract.urls import mask_url


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of the archive; `link` is empty where no page shows it."""

    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """The archive seen from outside."""

    root: str
    bucket: str
    prefix: str
    layout: KeyLayout
    console: str

    @classmethod
    def of(cls, archive: ArchiveSettings) -> "Bucket":
        place = parse_archive_url(archive.url)
        layout = KeyLayout(archive.key)
        if isinstance(place, FolderPlace):
            return cls(f"{place.path.absolute()}/", "", "", layout, "")
        if isinstance(place, HttpPlace):
            return cls(mask_url(archive.url).rstrip("/") + "/", "", "", layout, "")
        prefix = f"{place.prefix.strip('/')}/" if place.prefix else ""
        root = f"s3://{place.bucket}/{prefix}"
        return cls(root, place.bucket, prefix, layout, archive.console_url.rstrip("/"))

    def place(self, camera: str, event: str) -> Place:
        folder = self.layout.event_folder(camera, event)
        link = ""
        if self.console:
            link = f"{self.console}/browser/{quote(self.bucket)}/{quote(self.prefix + folder, safe='')}"
        return Place(f"{self.root}{folder}", link)
