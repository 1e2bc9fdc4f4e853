"""Makes the archiver with the store that the configuration names."""

from typing import TYPE_CHECKING

from services.archiver.service import ArchiverService
from services.contract.archive_url import S3Place, parse_archive_url
from services.contract.settings import ArchiveSettings, Settings
from services.runtime.errors import UserError
from services.runtime.mqtt import BrokerAddress
from services.store import Key, Store, open_store

if TYPE_CHECKING:
    from services.store.presign import Presigner

#: Beside frames as they come and frames from the spool, which each have their threads.
EXTRA_CONNECTIONS = 2


def open_archiver(settings: Settings, broker: BrokerAddress) -> ArchiverService:
    """Raises UserError where `archive.…` cannot be right."""
    return ArchiverService(settings, broker, configured_store(settings), links=presigner(settings.archive))


def configured_store(settings: Settings) -> Store:
    """The store; where it refuses its key, the configuration and the files that it names are read again."""
    archive, key = settings.archive, Key.of(settings.archive)
    try:
        return open_store(
            archive.url,
            key.access,
            key.secret,
            token=key.token,
            ca_file=archive.ca_file,
            threads=2 * archive.threads + EXTRA_CONNECTIONS,
            read_key=lambda: Key.of(settings.again().archive),
        )
    except ValueError as wrong:
        raise UserError(str(wrong)) from None


def presigner(archive: ArchiveSettings) -> "Presigner | None":
    """Makes the links in `archived` where `archive.public_endpoint` says how people reach S3."""
    place = parse_archive_url(archive.url)
    if not archive.public_endpoint or not isinstance(place, S3Place):
        return None
    from services.store.presign import Presigner  # noqa: PLC0415 - a folder needs no minio

    return Presigner(place, Key.of(archive), archive.public_endpoint, archive.public_hours)
