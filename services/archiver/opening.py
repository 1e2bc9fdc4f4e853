"""Makes the archiver with the store that the configuration names."""

from services.archiver.service import ArchiverService
from services.contract.settings import ArchiveSettings, Settings
from services.runtime.errors import UserError
from services.runtime.mqtt import BrokerAddress
from services.store import Store, open_store


def open_archiver(settings: Settings, broker: BrokerAddress) -> ArchiverService:
    """Raises UserError where `archive.…` cannot be right."""
    return ArchiverService(settings, broker, configured_store(settings.archive))


def configured_store(archive: ArchiveSettings) -> Store:
    try:
        return open_store(
            archive.url,
            archive.access_key.get_secret_value(),
            archive.secret_key.get_secret_value(),
            threads=archive.threads,
        )
    except ValueError as wrong:
        raise UserError(str(wrong)) from None
