"""Makes the sweeper that the configuration asks for."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from services.archiver.retention.experiments import with_an_end
from services.archiver.retention.rules import Disk, Rules
from services.archiver.retention.sizes import Sizes
from services.archiver.retention.sweeper import Sweeper
from services.archiver.tally import Tally
from services.contract.archive_keys import KeyLayout
from services.contract.archive_url import FolderPlace, HttpPlace, parse_archive_url
from services.contract.settings import ArchiveSettings, Settings
from services.store import Store
from services.store.events import cameras_in

GB = 1_000_000_000


def open_sweeper(
    settings: Settings,
    store: Store,
    layout: KeyLayout,
    tally: Tally,
    *,
    sizes: Sizes,
    is_open: Callable[[str, str], bool],
) -> Sweeper | None:
    """None where nothing can be deleted, or another replica does it."""
    place = parse_archive_url(settings.archive.url)
    if isinstance(place, HttpPlace) or settings.replica.slot != 1:
        return None
    folder = place.path if isinstance(place, FolderPlace) else None
    prefixes = {
        experiment.folder for camera in settings.cameras.values() for experiment in camera.capture.experiments
    }
    return Sweeper(
        store,
        layout,
        _rules(settings.archive, is_folder=folder is not None),
        sizes,
        cameras=lambda: cameras_in(store, layout, {*settings.cameras, *tally.cameras()}),
        is_open=is_open,
        disk=partial(_disk, folder),
        of_own=lambda: list(with_an_end(store, prefixes)),
        on_deleted=lambda camera: tally.count(camera, deleted_events=1),
    )


def _rules(archive: ArchiveSettings, *, is_folder: bool) -> Rules:
    return Rules(
        max_age=timedelta(days=archive.keep_days) if archive.keep_days else None,
        max_bytes=int(archive.max_gb * GB) if archive.max_gb else None,
        max_disk=archive.max_disk_percent / 100 if is_folder else None,
    )


def _disk(folder: Path | None) -> Disk | None:
    """The disk as users see it: what is reserved for root counts as used."""
    if folder is None:
        return None
    about = shutil.disk_usage(folder)
    return Disk(about.total, about.total - about.free)
