"""Makes the archiver with the store that the configuration names."""

from typing import TYPE_CHECKING

from services.archiver.service import ArchiverService
from services.contract.archive_url import S3Place, parse_archive_url
from services.contract.settings import ArchiveSettings, Settings
from services.runtime.errors import UserError
from services.runtime.mqtt import BrokerAddress
from services.store import Key, KeyRing, Store, open_store_with

if TYPE_CHECKING:
    from services.store.presign import Presigner

#: Beside frames as they come and frames from the spool, which each have their threads.
EXTRA_CONNECTIONS = 2


def open_archiver(settings: Settings, broker: BrokerAddress) -> ArchiverService:
    """Raises UserError where `archive.…` cannot be right."""
    keys = KeyRing(Key.of(settings.archive), lambda: Key.of(settings.again().archive))
    store, links = configured_store(settings, keys), presigner(settings.archive, keys)
    return ArchiverService(settings, broker, store, links=links)


def configured_store(settings: Settings, keys: KeyRing) -> Store:
    """The store; where it refuses its key, the configuration and the files that it names are read again."""
    archive = settings.archive
    threads = 2 * archive.threads + EXTRA_CONNECTIONS
    try:
        return open_store_with(keys, archive.url, ca_file=archive.ca_file, threads=threads)
    except ValueError as wrong:
        raise UserError(str(wrong)) from None


def presigner(archive: ArchiveSettings, keys: KeyRing) -> "Presigner | None":
    """Makes the links in `archived` where `archive.public_endpoint` says how people reach S3."""
    place = parse_archive_url(archive.url)
    if not archive.public_endpoint or not isinstance(place, S3Place):
        return None
    from services.store.presign import Presigner  # noqa: PLC0415 - a folder needs no minio

    return Presigner(place, keys, archive.public_endpoint, archive.public_hours)
